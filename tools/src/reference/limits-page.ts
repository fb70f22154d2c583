import { MAX_CUSTOM_ID } from '#contracts/batch-view.js';
import { MAX_URL_CHARACTERS } from '#fetcher/url-rules.js';
import * as avif from '#imaging/formats/avif-boxes.js';
import { MAX_DEEP_PIXELS } from '#imaging/raster/raster.js';
import * as gif from '#imaging/formats/gif-walk.js';
import { MAX_AVIF_PIXELS, MAX_PROFILE_BYTES } from '#imaging/formats/image-facts.js';
import * as jpeg from '#imaging/formats/jpeg-walk.js';
import * as png from '#imaging/formats/png-walk.js';
import * as tiff from '#imaging/formats/tiff-layout.js';
import { MAX_FIELDS as MAX_TIFF_FIELDS } from '#imaging/formats/tiff-walk.js';
import * as webp from '#imaging/formats/webp-walk.js';
import { settingRows } from '#config/settings-reference.js';
import { settingsSchema } from '#config/settings.schema.js';
import { builtInTiers } from '#auth/tier-table.js';
import { HEAD_TIMEOUT_MS, KEEP_ALIVE_MS, TEXT_GROWTH } from '../../../apps/api/src/http/fastify-adapter.js';
import { MAX_HEAD_BYTES } from '../../../apps/api/src/http/problem-responses.js';
import {
  MAX_SLOW_WINDOWS,
  MIN_WINDOW_BYTES,
  WINDOW_MS,
} from '../../../apps/api/src/http/request-body-limits.js';
import { MAX_HEADERS } from '../../../apps/api/src/http/request-validation.js';
import { MAX_NAME_BYTES } from '../../../apps/api/src/parsers/form-field.js';
import { STALL_MS } from '../../../apps/api/src/results/http-result-writer.js';
import { MAX_FIELDS, MAX_OPTION_BYTES } from '../../../apps/api/src/uploads/form-reader.js';
import { code, generatedFrom, markdownTable, number } from './markdown.js';

const MIB = 1_048_576;

/** Settings that are limits, by subject. */
const SETTINGS = {
  'Images and results': [
    'INPUT_FORMATS',
    'MAX_UPLOAD_MB',
    'MAX_MEGAPIXELS',
    'MAX_PROGRESSIVE_MEGAPIXELS',
    'MAX_SIDE_PIXELS',
    'OPENING_DEADLINE_S',
    'JOB_DEADLINE_S',
    'MAX_IMAGE_MEMORY_MB',
  ],
  'Lifetimes and batches': [
    'QUEUE_TTL_S',
    'RESULT_TTL_S',
    'MAX_DELIVERIES',
    'TOMBSTONE_TTL_S',
    'BATCH_TTL_S',
    'MAX_BATCH_IMAGES',
    'MAX_WAIT_S',
  ],
  'Requests and connections': [
    'UPLOAD_TIMEOUT_S',
    'RATE_LIMIT',
    'MAX_CONNECTIONS',
    'MAX_CONNECTIONS_PER_ADDRESS',
    'IMAGE_URL_TIMEOUT_S',
  ],
  Memory: ['REDIS_MAXMEMORY_MB'],
} satisfies Record<string, (keyof typeof settingsSchema.shape)[]>;

const seconds = (ms: number): string => `${number(ms / 1000)} s`;

/** The slowest upload that is not disconnected. */
const SLOWEST_UPLOAD = `${number((MAX_SLOW_WINDOWS * MIN_WINDOW_BYTES) / 1024)} KiB in ${seconds(MAX_SLOW_WINDOWS * WINDOW_MS)}`;

type Fact = readonly [limit: string, value: string];

/** Fixed limits of a request. */
const REQUESTS: readonly Fact[] = [
  ['Head of a request', `${number(MAX_HEAD_BYTES / 1024)} KiB, ${number(MAX_HEADERS)} header lines`],
  ['Time for the head to arrive', seconds(HEAD_TIMEOUT_MS)],
  ['Idle connection', seconds(KEEP_ALIVE_MS)],
  ['Minimum rate of an upload', SLOWEST_UPLOAD],
  ['Client that stops reading its result', `disconnected after ${seconds(STALL_MS)}`],
  ['Images of one job', '1, and 1 background'],
  ['Fields of a form', number(MAX_FIELDS)],
  ['Name of a field', `${number(MAX_NAME_BYTES)} bytes`],
  ['Value of an option', `${number(MAX_OPTION_BYTES)} bytes`],
  ['`image_url`', `${number(MAX_URL_CHARACTERS)} characters`],
  ['`custom_id`', `${number(MAX_CUSTOM_ID)} characters`],
  ['Form or JSON with an image in base64', `${TEXT_GROWTH} times the largest image file`],
];

/** Fixed limits of a file, by its format. */
const FORMATS: readonly Fact[] = [
  ['JPEG: scans', number(jpeg.MAX_SCANS)],
  ['JPEG: segments', number(jpeg.MAX_SEGMENTS)],
  ['JPEG: bytes between segments', number(jpeg.MAX_STRAY_BYTES)],
  ['PNG: chunks of pixels', number(png.MAX_DATA_CHUNKS)],
  ['PNG: other chunks', number(png.MAX_OTHER_CHUNKS)],
  [
    'PNG, WebP: frames of an animation (the first is used)',
    number(Math.max(png.MAX_FRAMES, webp.MAX_FRAMES)),
  ],
  ['WebP: chunks', number(webp.MAX_CHUNKS)],
  ['GIF: blocks before the first frame', number(gif.MAX_BLOCKS)],
  ['GIF: sub-blocks up to the end of the first frame', number(gif.MAX_SUB_BLOCKS)],
  ['AVIF: pixels', number(MAX_AVIF_PIXELS)],
  ['AVIF: boxes', number(avif.MAX_BOXES)],
  ['AVIF: items', number(avif.MAX_ITEMS)],
  ['AVIF: extents of an item', number(avif.MAX_EXTENTS)],
  ['AVIF: properties', number(avif.MAX_PROPERTIES)],
  ['TIFF: fields', number(MAX_TIFF_FIELDS)],
  ['TIFF: strips or tiles', number(tiff.MAX_PARTS)],
  ['TIFF: side of a tile', `${number(tiff.MAX_TILE_SIDE)} pixels`],
  ['TIFF: bytes of the pixels', number(tiff.MAX_PIXEL_BYTES)],
  ['Color profile (a larger one counts as absent)', `${number(MAX_PROFILE_BYTES / MIB)} MiB`],
  ['Result with 16 bits a channel', `${number(MAX_DEEP_PIXELS)} pixels`],
];

/** `docs/reference/limits.md`: every limit, those that are settings and those that are fixed. */
export const limitsPage = (): string => `# Limits

${generatedFrom('libs/config/src/settings.schema.ts', 'tools/src/reference/limits-page.ts')}

A request beyond a limit is rejected with a [code](errors.md), in most cases at the first byte beyond it. The response
has \`limit\` and \`unit\`.

## Settings

${Object.entries(SETTINGS)
  .map(([subject, names]) => `### ${subject}\n\n${settingsTable(names)}`)
  .join('\n\n')}

## Tiers

Limits of one client. \`anonymous\` is the tier of clients without an API key: one IPv4 address or one /64 of IPv6 counts
as one client. A key file can change these tiers and add others: [API keys and metering](../operate/metering.md).

${tiers()}

## Requests

${facts(REQUESTS)}

## Files by format

These limits are fixed. They bound the work that a small file can cause.

${facts(FORMATS)}
`;

function settingsTable(names: readonly string[]): string {
  const rows = settingRows()
    .filter(({ name }) => names.includes(name))
    .map(({ name, fallback, accepts, meaning }) => [code(name), code(fallback), accepts, meaning]);
  return markdownTable([['setting', 'default', 'accepted', 'meaning'], ...rows]);
}

function tiers(): string {
  const table = builtInTiers(settingsSchema.parse({}));
  const rows = Object.entries(table).map(([name, tier]) => [
    code(name),
    number(tier.weight),
    name === 'anonymous' ? code('RATE_LIMIT') : number(tier.requestsPerMinute),
    number(tier.megapixelsPerMinute),
    number(tier.imagesInFlight),
    number(tier.bytesInFlight / MIB),
  ]);
  const head = ['tier', 'weight', 'requests/min', 'megapixels/min', 'images in flight', 'MiB in flight'];
  return markdownTable([head, ...rows]);
}

const facts = (rows: readonly Fact[]): string => markdownTable([['limit', 'value'], ...rows]);
