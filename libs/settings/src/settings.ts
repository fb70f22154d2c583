import { isIP } from 'node:net';
import { settingsSchema, type Settings } from './settings.schema.js';

/** A setting is missing or wrong. The message names keys, never values. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** True for a host that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * Reads all settings from `env` once. An empty value counts as unset.
 * @throws SettingsError naming every key that is wrong, with what is expected of it
 */
export function loadSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.keys(settingsSchema.shape).filter((key) => env[key] !== undefined && env[key] !== '');
  const parsed = settingsSchema.safeParse(Object.fromEntries(given.map((key) => [key, env[key]])));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${reason(issue)}`);
    throw new SettingsError(`Settings are wrong:\n  ${lines.join('\n  ')}`);
  }
  const settings = parsed.data;
  if (settings.RATE_LIMIT === 0 && !isLoopback(settings.HOST)) {
    throw new SettingsError('RATE_LIMIT: "off" is accepted only while HOST is a loopback address');
  }
  if (settings.REQUIRE_ACCELERATOR && settings.PROVIDER === 'cpu') {
    throw new SettingsError('REQUIRE_ACCELERATOR: needs PROVIDER to name an accelerator, or "auto"');
  }
  for (const name of settings.PAYLOAD_DRAIN ?? []) {
    if (settings.PAYLOAD_REDIS_URLS?.some((server) => server.name === name)) continue;
    throw new SettingsError('PAYLOAD_DRAIN: names a shard that PAYLOAD_REDIS_URLS has not');
  }
  requireLoopbackTelemetry(settings);
  for (const proxy of settings.TRUST_PROXY?.split(',') ?? []) {
    if (!isAddressOrCidr(proxy.trim())) {
      throw new SettingsError('TRUST_PROXY: only exact addresses or CIDRs, comma-separated');
    }
  }
  return Object.freeze(settings);
}

/** What operators see is for operators: it leaves the machine only where that was asked for. */
function requireLoopbackTelemetry({ METRICS_HOST, OTLP_URL, TELEMETRY_ON_NETWORK }: Settings): void {
  if (OTLP_URL !== undefined && !URL.canParse(OTLP_URL)) throw new SettingsError('OTLP_URL: not an address');
  if (TELEMETRY_ON_NETWORK) return;
  if (!isLoopback(METRICS_HOST)) {
    throw new SettingsError('METRICS_HOST: no loopback address needs TELEMETRY_ON_NETWORK to be "true"');
  }
  if (OTLP_URL?.startsWith('http:') && !isLoopback(new URL(OTLP_URL).hostname.replaceAll(/[[\]]/g, ''))) {
    throw new SettingsError('OTLP_URL: no loopback address needs TELEMETRY_ON_NETWORK to be "true"');
  }
}

/** A CIDR of no bits would be everybody. */
function isAddressOrCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** What is wrong with a value, in words. Zod's own messages may quote the value received; these never do. */
export function reason(issue: {
  code: string;
  minimum?: unknown;
  maximum?: unknown;
  values?: unknown[];
}): string {
  if (issue.code === 'too_small') return `must be at least ${String(issue.minimum)}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue.maximum)}`;
  if (issue.code === 'invalid_value') return `must be one of ${(issue.values ?? []).join(', ')}`;
  return 'has a value that is not allowed';
}
