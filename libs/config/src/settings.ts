import { isIP } from 'node:net';
import { requirementOf } from './settings-reference.js';
import { settingsSchema, type Settings } from './settings.schema.js';

/** A setting is missing or invalid. The message has names and accepted values of settings, and no configured value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** True for a loopback host. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** An error in the settings, and the settings that it is about. */
interface Fault {
  about: (keyof Settings)[];
  text: string;
}

/**
 * Reads all settings from `env`. Space around values is trimmed; an empty value is unset.
 * @throws SettingsError with every invalid setting and its accepted values
 */
export function loadSettings(env: NodeJS.ProcessEnv): Settings {
  const given = givenOf(env);
  const parsed = settingsSchema.safeParse(given);
  const wrong = new Set(parsed.error?.issues.map(({ path }) => path[0] as keyof Settings));
  const faults = [...wrong].map((name) => `${name} must be ${requirementOf(name)}.`);
  // Settings that are valid alone may contradict each other.
  const right = Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name as never)));
  const settings = parsed.data ?? settingsSchema.parse(right);
  for (const { about, text } of contradictions(settings))
    if (!about.some((name) => wrong.has(name))) faults.push(text);
  requireFaultless(faults);
  return Object.freeze(settings);
}

/** @throws SettingsError when there are errors, one line each, under a heading when there are several */
export function requireFaultless(faults: readonly string[]): void {
  const [only] = faults;
  if (only === undefined) return;
  const heading = `${faults.length} settings are wrong:`;
  throw new SettingsError(faults.length === 1 ? only : [heading, ...faults].join('\n  '));
}

function givenOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = Object.keys(settingsSchema.shape);
  const values = names.map((name) => [name, env[name]?.trim() ?? ''] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
}

function contradictions(settings: Settings): Fault[] {
  const { RATE_LIMIT, HOST, REQUIRE_ACCELERATOR, PROVIDER, PAYLOAD_DRAIN, PAYLOAD_REDIS_URLS } = settings;
  const { MIN_WORKERS = 0, WORKERS = MIN_WORKERS } = settings;
  const faults: Fault[] = [];
  if (RATE_LIMIT === 0 && !isLoopback(HOST)) {
    const text =
      'RATE_LIMIT must be a number while HOST is not a loopback address: others can reach the service.';
    faults.push({ about: ['RATE_LIMIT', 'HOST'], text });
  }
  if (REQUIRE_ACCELERATOR && PROVIDER === 'cpu') {
    const text = 'REQUIRE_ACCELERATOR=true needs PROVIDER to be an accelerator, or auto.';
    faults.push({ about: ['REQUIRE_ACCELERATOR', 'PROVIDER'], text });
  }
  if (MIN_WORKERS > WORKERS) {
    const text = 'MIN_WORKERS must be at most WORKERS.';
    faults.push({ about: ['MIN_WORKERS', 'WORKERS'], text });
  }
  const shards = new Set(PAYLOAD_REDIS_URLS?.map(({ name }) => name));
  if (PAYLOAD_DRAIN?.some((name) => !shards.has(name)) === true) {
    const text = `PAYLOAD_DRAIN must be ${requirementOf('PAYLOAD_DRAIN')}.`;
    faults.push({ about: ['PAYLOAD_DRAIN', 'PAYLOAD_REDIS_URLS'], text });
  }
  return [...faults, ...telemetryFaults(settings)];
}

/** Metrics and dashboards leave this machine only when that is configured. */
function telemetryFaults({ METRICS_HOST, OTLP_URL, TELEMETRY_ON_NETWORK }: Settings): Fault[] {
  if (TELEMETRY_ON_NETWORK) return [];
  const needed = (name: 'METRICS_HOST' | 'OTLP_URL'): Fault => ({
    about: [name, 'TELEMETRY_ON_NETWORK'],
    text: `${name} must be a loopback address unless TELEMETRY_ON_NETWORK=true.`,
  });
  const faults = isLoopback(METRICS_HOST) ? [] : [needed('METRICS_HOST')];
  if (OTLP_URL?.startsWith('http:') && !isLoopback(new URL(OTLP_URL).hostname.replaceAll(/[[\]]/g, '')))
    faults.push(needed('OTLP_URL'));
  return faults;
}
