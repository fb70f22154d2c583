import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { hashApiKey, isApiKey } from './api-key.js';
import { SettingsError } from '#config/settings.js';
import type { Tier, TierTable } from './tier-table.js';

const MIB = 1_048_576;
const int = (max: number): z.ZodInt => z.int().min(1).max(max);

const limitsSchema = z.strictObject({
  weight: int(1000),
  requests_per_minute: int(1_000_000),
  megapixels_per_minute: int(10_000_000),
  images_in_flight: int(1_000_000),
  megabytes_in_flight: int(1_048_576),
});

/** Name of a tier. */
export const tierNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);

/** Entry of a key in the file: owner, tier and hash. Times are RFC 3339. */
export const keyEntrySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{10}$/),
  name: z.string().regex(/^[^\p{Cc}]{1,100}$/u),
  tier: tierNameSchema,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime({ offset: true }),
  expires: z.iso.datetime({ offset: true }).optional(),
  revoked: z.iso.datetime({ offset: true }).optional(),
});

/** Entry of a key in the file. */
export type KeyEntry = z.output<typeof keyEntrySchema>;

/** The file of keys. It may override limits of built-in tiers; a new tier needs every limit. */
export const keyFileSchema = z.strictObject({
  version: z.literal(1),
  tiers: z.record(tierNameSchema, limitsSchema.partial()).default({}),
  keys: z.array(keyEntrySchema).default([]),
});

/** Content of the file of keys. */
export type KeyFile = z.output<typeof keyFileSchema>;

/** A valid key. */
export interface KnownKey {
  id: string;
  tierName: string;
  tier: Tier;
  /** Expiry, ms since the epoch; undefined: none. */
  expiresAt: number | undefined;
}

/**
 * Reads the text of a file of keys.
 * @throws SettingsError with every invalid member, without values
 */
export function parseKeyFile(text: string): KeyFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SettingsError('KEYS_FILE must be a file of JSON.');
  }
  const parsed = keyFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${faultOf(issue)}`);
  throw new SettingsError(`KEYS_FILE is wrong:\n  ${lines.join('\n  ')}`);
}

const faultOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys' ? 'has members that are not known' : reason(issue);

/** Error message for a value. Zod's own messages may quote the value. */
function reason(issue: { code: string; minimum?: unknown; maximum?: unknown; values?: unknown[] }): string {
  if (issue.code === 'too_small') return `must be at least ${String(issue.minimum)}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue.maximum)}`;
  if (issue.code === 'invalid_value') return `must be one of ${(issue.values ?? []).join(', ')}`;
  return 'has a value that is not allowed';
}

/** The present keys and tiers. Immutable; each change of the file makes a new one. */
export class ApiKeys {
  /** Limits of clients without a key. */
  readonly anonymous: Tier;
  private readonly byHash = new Map<string, { entry: KeyEntry; digest: Buffer; tier: Tier }>();

  /** @throws SettingsError when keys and tiers contradict each other */
  constructor({ tiers: given, keys }: KeyFile, builtIn: TierTable) {
    const tiers = { ...builtIn, ...tiersOf(given, builtIn) };
    this.anonymous = tiers.anonymous;
    const ids = new Set<string>();
    keys.forEach((entry, index) => {
      const at = `KEYS_FILE is wrong:\n  keys.${index}`;
      const tier = Object.hasOwn(tiers, entry.tier) ? tiers[entry.tier] : undefined;
      if (tier === undefined) throw new SettingsError(`${at}.tier: there is no tier of that name`);
      if (ids.has(entry.id)) throw new SettingsError(`${at}.id: another key has the same`);
      if (this.byHash.has(entry.sha256)) throw new SettingsError(`${at}.sha256: another key has the same`);
      ids.add(entry.id);
      this.byHash.set(entry.sha256, { entry, digest: Buffer.from(entry.sha256, 'hex'), tier });
    });
  }

  /** Number of keys, including revoked and expired ones. */
  get size(): number {
    return this.byHash.size;
  }

  /**
   * The valid key `text`, or undefined.
   *
   * The lookup by hash does not take constant time, but a client cannot choose a hash near a stored one, nor find a key for a
   * hash. The final comparison takes constant time.
   */
  find(text: string, nowMs: number): KnownKey | undefined {
    if (!isApiKey(text)) return undefined;
    const digest = hashApiKey(text);
    const found = this.byHash.get(digest.toString('hex'));
    if (found === undefined || !timingSafeEqual(found.digest, digest)) return undefined;
    const { entry, tier } = found;
    if (!isInForce(entry, nowMs)) return undefined;
    const expiresAt = entry.expires === undefined ? undefined : Date.parse(entry.expires);
    return { id: entry.id, tierName: entry.tier, tier, expiresAt };
  }
}

/** True unless the key was revoked or has expired. */
export const isInForce = ({ revoked, expires }: KeyEntry, nowMs: number): boolean =>
  revoked === undefined && (expires === undefined || Date.parse(expires) > nowMs);

function tiersOf(given: KeyFile['tiers'], builtIn: TierTable): Record<string, Tier> {
  return Object.fromEntries(
    Object.entries(given).map(([name, limits]) => {
      const base = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
      return [name, base === undefined ? wholeTier(name, limits) : { ...base, ...tierOf(limits) }];
    }),
  );
}

function wholeTier(name: string, limits: KeyFile['tiers'][string]): Tier {
  const whole = limitsSchema.safeParse(limits);
  if (whole.success) return tierOf(whole.data) as Tier;
  const missing = whole.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new SettingsError(`KEYS_FILE is wrong:\n  tiers.${name}: a new tier needs ${missing}`);
}

function tierOf(limits: KeyFile['tiers'][string]): Partial<Tier> {
  const megabytes = limits.megabytes_in_flight;
  const all = {
    weight: limits.weight,
    requestsPerMinute: limits.requests_per_minute,
    megapixelsPerMinute: limits.megapixels_per_minute,
    imagesInFlight: limits.images_in_flight,
    bytesInFlight: megabytes === undefined ? undefined : megabytes * MIB,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
