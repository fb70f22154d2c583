import { z } from 'zod';
import { REGION_NAME } from '#contracts/public-id.js';
import { PROVIDERS } from '#contracts/execution-providers.js';
import { INPUT_FORMATS } from '#contracts/input-formats.js';
import { LICENSE_CLASSES } from '#contracts/model-license.js';
import { isAddressOrCidr, isHost, isRedisAddress, namedAddresses } from './named-addresses.js';

const int = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const FILE = 'the path of a file that this user can read';
const file = (description: string) => z.string().min(1).optional().meta({ description, accepts: FILE });
/** Text on one line. */
const line = (maxLength: number, description: string) =>
  z
    .string()
    .max(maxLength)
    .regex(/^\P{Cc}+$/u)
    .optional()
    .meta({ description, accepts: `one line of text, up to ${maxLength.toLocaleString('en')} characters` });
const contact = (description: string) =>
  z
    .url({ protocol: /^(?:https|mailto|tel)$/ })
    .optional()
    .meta({ description, accepts: '`https://…`, `mailto:…` or `tel:…`' });
const HOST_NAME = 'an IP address or a host name';
const host = z.string().refine(isHost);
const NAMES = /^[a-z0-9-]{1,16}(,[a-z0-9-]{1,16})*$/;
const addresses = (...protocols: string[]) =>
  z.string().transform((text, context) => {
    const found = namedAddresses(text, protocols);
    if (found === undefined) context.addIssue({ code: 'custom' });
    return found ?? [];
  });
/** A comma-separated list of some of `values`, all of them by default. */
const someOf = <const V extends string>(values: readonly V[], description: string) =>
  z
    .string()
    .transform((text, context): V[] => {
      const names = [...new Set(text.split(',').map((name) => name.trim().toLowerCase()))];
      const isValue = (name: string): name is V => values.some((value) => value === name);
      if (!names.every(isValue)) {
        context.addIssue({ code: 'invalid_value', values: [...values], input: undefined });
      }
      return names.filter(isValue);
    })
    .default([...values])
    .meta({
      description,
      accepts: `one or more of ${values.map((value) => `\`${value}\``).join(', ')}, comma-separated`,
    });
const MODEL_NAMES = /^[a-z0-9][a-z0-9.-]{0,63}(,[a-z0-9][a-z0-9.-]{0,63})*$/;

/**
 * Every setting of the service: environment name, bounds, default, meaning. Numbers carry their unit in the
 * name. This object is the only list; `docs/reference/configuration.md` is generated from it.
 */
export const settingsSchema = z.object({
  HOST: host.default('127.0.0.1').meta({
    description:
      'Address the API listens on. A loopback address answers only to local names and the name in PUBLIC_URL',
    accepts: HOST_NAME,
  }),
  PORT: int(0, 65_535).default(3000).describe('Port the API listens on; 0 picks a free port'),
  REDIS_URL: z.string().refine(isRedisAddress).optional().meta({
    description: 'Address of the Redis server. Unset: `npm start` runs a private one',
    accepts: '`redis://HOST:PORT`, `rediss://HOST:PORT` or `unix:///PATH`',
  }),
  REDIS_PASSWORD_FILE: file(
    'File with the Redis password of this process; `-` reads it from stdin (default: the one in the address)',
  ),
  REDIS_MAXMEMORY_MB: int(64, 1_048_576)
    .default(1024)
    .describe('Memory limit of the embedded Redis and of each embedded payload shard'),
  PAYLOAD_REDIS_URLS: addresses('redis:', 'rediss:', 'unix:').optional().meta({
    description: 'Redis servers that hold the images (payload shards). Unset: `REDIS_URL` holds them',
    accepts: '`NAME=URL`, comma-separated, no name twice, each URL as in `REDIS_URL`',
  }),
  PAYLOAD_DRAIN: z
    .string()
    .regex(NAMES)
    .transform((names) => names.split(','))
    .optional()
    .meta({
      description: 'Payload shards that accept no new jobs. Jobs on them are finished',
      accepts: 'names in `PAYLOAD_REDIS_URLS`, comma-separated',
    }),
  PAYLOAD_SHARDS: int(0, 16)
    .default(0)
    .describe('Payload shards that `npm start` runs beside its private Redis'),
  APIS: int(1, 16)
    .default(1)
    .describe('API processes that `npm start` runs, on consecutive ports from `PORT`'),
  LAYOUT: z
    .enum(['auto', 'latency', 'throughput'])
    .default('auto')
    .describe('How `npm start` uses the cores: `latency` all for one image, `throughput` one image per core'),
  WORKERS: int(1, 256).optional().describe('Worker processes that `npm start` runs (default: by `LAYOUT`)'),
  MIN_WORKERS: int(0, 256)
    .optional()
    .describe(
      'Workers that run without work. `0`: the API is ready without a worker, and `npm start` starts ' +
        'up to `WORKERS` for waiting jobs (default: `WORKERS`)',
    ),
  WORKER_IDLE_S: int(1, 86_400)
    .default(300)
    .describe('How long `npm start` keeps a worker above `MIN_WORKERS` that has no work'),
  THREADS: int(1, 256).optional().describe('CPU threads of one inference (default: by `LAYOUT`)'),
  PROVIDER: z
    .enum([...PROVIDERS, 'auto'])
    .default('cpu')
    .describe('Where models run: `cpu`, a named accelerator, or `auto` for the first one available'),
  REQUIRE_ACCELERATOR: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe(
      '`true`: do not start when the accelerator in `PROVIDER` is unavailable. `false`: fall back to the CPU',
    ),
  BATCH: int(1, 64)
    .optional()
    .describe('Maximum images in one inference on an accelerator (default: 8). Ignored on the CPU'),
  MODEL: z
    .string()
    .regex(MODEL_NAMES)
    .transform((names) => [...new Set(names.split(','))])
    .optional()
    .meta({
      description:
        'Models that workers load; the first is the default of clients (default: `isnet`, or `isnet-fp16`)',
      accepts: 'names that `npm run models -- list` shows, comma-separated',
    }),
  MODEL_LICENSES: someOf(
    LICENSE_CLASSES,
    'Classes of license that a model may have. The service does not start with a model of another class',
  ),
  MODEL_DIR: z.string().min(1).default('.cache/models').meta({
    description: 'Where prepared models are kept',
    accepts: 'the path of a folder',
  }),
  API_SECRET_FILE: file(
    'File with the 32-byte secret that all APIs share, for tenant names, repeated requests and receipts (default: one per boot, in memory)',
  ),
  WORKER_KEY_FILE: file(
    'PEM file with the private P-256 key of the workers, and retired ones after it (default: one per boot, in memory)',
  ),
  WORKER_PUBLIC_KEY_FILE: file(
    'PEM file with the public key of `WORKER_KEY_FILE`, for the APIs (default: the one of this boot)',
  ),
  RECEIPT_KEY_FILE: file(
    'PEM file with the Ed25519 key that signs deletion receipts (default: derived from the API secret)',
  ),
  KEYS_FILE: file(
    'JSON file of API keys (hashes) and tiers, made by `npm run keys` (default: none, anonymous use only)',
  ),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Public address of the service: issuer of receipts, and base of link previews',
      accepts: '`http://…` or `https://…`',
    }),
  CONTACT_NAME: line(
    200,
    'Operator of the service: a company or a person, for the privacy and retention pages',
  ),
  CONTACT_ADDRESS: line(300, 'Postal address of the operator'),
  CONTACT_EMAIL: z
    .email()
    .optional()
    .meta({ description: 'Email address of the operator', accepts: 'an email address' }),
  CONTACT_PRIVACY: contact('Where to send requests about personal data (default: `CONTACT_EMAIL`)'),
  CONTACT_SECURITY: contact('Where to report vulnerabilities, for `/.well-known/security.txt`'),
  PRIVACY_LEGAL_BASIS: line(500, 'Legal basis of the processing, for the privacy page'),
  PRIVACY_PROCESSORS: line(1000, 'Companies that process data for the operator, such as the hosting company'),
  PRIVACY_LOG_DAYS: int(0, 3650)
    .optional()
    .describe('Days for which the operator keeps access lines, for the privacy page. Deletes nothing'),
  AUDIT_REPORT_FILE: file(
    'JSON report of `npm run audit`, published at `/.well-known/retention/audit`. Read at start',
  ),
  REGION: z.string().regex(REGION_NAME).optional().meta({
    description: 'Short name of the region of this deployment. Job ids start with it',
    accepts: '1 to 16 of a to z, 0 to 9 and `-`',
  }),
  REGION_URLS: addresses('http:', 'https:').optional().meta({
    description:
      'Public addresses of the other regions, for clients that ask here for a job of another region',
    accepts: '`NAME=https://…`, comma-separated, no name twice',
  }),
  RETENTION_GUARD: z
    .enum(['enforce', 'warn'])
    .default('enforce')
    .describe('`warn`: start although a check failed, and publish which one'),
  INPUT_FORMATS: someOf(INPUT_FORMATS, 'Accepted image formats. Decoders of other formats are never opened'),
  MAX_UPLOAD_MB: int(1, 256).default(22).describe('Largest image file, in MiB'),
  MAX_MEGAPIXELS: int(1, 500).default(50).describe('Maximum pixels of an image, in millions'),
  MAX_PROGRESSIVE_MEGAPIXELS: int(1, 500)
    .default(50)
    .describe(
      'The same for progressive JPEG, interlaced PNG and AVIF, which take up to three times as long to open',
    ),
  MAX_SIDE_PIXELS: int(1, 65_535).default(20_000).describe('Longest side of an image'),
  UPLOAD_TIMEOUT_S: int(10, 3600)
    .default(300)
    .describe(
      'Maximum time for a request to arrive. An upload too slow to finish in time is disconnected early',
    ),
  IMAGE_URL: z
    .enum(['on', 'off'])
    .default('off')
    .transform((text) => text === 'on')
    .describe('`on`: fetch images from public URLs that clients send (`image_url`)'),
  IMAGE_URL_TIMEOUT_S: int(1, 60).default(15).describe('Maximum time to fetch an image from its URL'),
  IMAGE_URL_PORTS: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5}){0,15}$/)
    .refine((text) => text.split(',').every((port) => Number(port) >= 1 && Number(port) <= 65_535))
    .default('80,443')
    .transform((text) => text.split(',').map(Number))
    .meta({
      description: 'Ports that images may be fetched from',
      accepts: 'up to 16 ports from 1 to 65,535, comma-separated',
    }),
  MAX_WAIT_S: int(1, 600).default(60).describe('Maximum time of a long poll or `Prefer: wait`'),
  QUEUE_TTL_S: int(1, 3600)
    .default(300)
    .describe('Maximum time an image waits for a worker before it is purged'),
  JOB_DEADLINE_S: int(1, 600).default(60).describe('Maximum processing time of one image'),
  OPENING_DEADLINE_S: int(1, 600).default(10).describe('Maximum time to open and decode one image'),
  MAX_IMAGE_MEMORY_MB: int(64, 65_536)
    .default(1536)
    .describe(
      'Maximum memory for one image, in addition to the models. A WebP of 50 megapixels takes up to 1,260',
    ),
  RESULT_TTL_S: int(1, 3600).default(120).describe('How long a result is kept until it is downloaded'),
  TOMBSTONE_TTL_S: int(1, 3600).default(300).describe('How long the state of a finished job can be queried'),
  BATCH_TTL_S: int(60, 86_400)
    .default(3600)
    .describe('How long an inactive batch is kept. Its images have lifetimes of their own'),
  MAX_BATCH_IMAGES: int(1, 100_000).default(10_000).describe('Maximum images of one batch'),
  MAX_DELIVERIES: int(1, 10)
    .default(2)
    .describe('How often a result may be downloaded, counting broken connections'),
  RATE_LIMIT: z
    .union([z.literal('off').transform(() => 0), int(1, 1_000_000)])
    .default(60)
    .describe('Images per minute for each client without an API key; `off` requires a loopback HOST'),
  MAX_CONNECTIONS: int(1, 1_000_000).default(20_000).describe('Maximum open connections'),
  MAX_CONNECTIONS_PER_ADDRESS: int(1, 1_000_000)
    .default(256)
    .describe(
      'Maximum open connections of one client, or open requests behind a proxy; local clients are exempt',
    ),
  CORS_ORIGINS: z
    .string()
    .regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?(,https?:\/\/[a-z0-9.-]+(:\d{1,5})?){0,49}$/)
    .transform((text) => text.split(','))
    .default([])
    .meta({
      description: 'Origins whose pages may call the service; exact match (default: none)',
      accepts: 'up to 50 of the form `https://example.org`, comma-separated',
    }),
  TRUST_PROXY: z
    .string()
    .refine((text) => text.split(',').every((proxy) => isAddressOrCidr(proxy.trim())))
    .optional()
    .meta({
      description: 'Addresses of trusted proxies in front of the service',
      accepts: 'IP addresses or CIDRs, comma-separated',
    }),
  METRICS_PORT: int(0, 65_535)
    .optional()
    .describe('Port of metrics and queue board, one for each API; 0 picks a free port (default: none, off)'),
  METRICS_HOST: host.default('127.0.0.1').meta({
    description: 'Address of metrics and queue board. Other than loopback requires TELEMETRY_ON_NETWORK',
    accepts: HOST_NAME,
  }),
  TELEMETRY_ON_NETWORK: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('`true`: METRICS_HOST and OTLP_URL may be reachable from other machines'),
  OTLP_URL: z
    .string()
    .regex(/^(http:\/\/[^@\s]+|unix:\/\/\/[^?#\s]+)$/)
    .refine((text) => URL.canParse(text))
    .optional()
    .meta({
      description: 'OTLP collector that receives traces (default: none, off)',
      accepts: '`http://HOST:PORT` without a user, or `unix:///PATH`',
    }),
  OTLP_SHARE: z.coerce.number().min(0).max(1).default(1).describe('Share of images that are traced, 0 to 1'),
  TRACEPARENT: z
    .enum(['ignore', 'accept'])
    .default('ignore')
    .describe('`accept`: continue the trace of the client (W3C `traceparent`)'),
  SHUTDOWN_S: int(1, 600).default(30).describe('How long a shutdown waits for running jobs'),
  LOG_LEVEL: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('Minimum level that is logged'),
  LOG_FORMAT: z
    .enum(['auto', 'json', 'text'])
    .default('auto')
    .describe('`json`: one object per line; `text`: readable lines; `auto`: text on a terminal, else JSON'),
});

/** All settings, validated and frozen. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;
