import type { Settings } from '#config/settings.schema.js';

/** What a client may use. */
export interface Tier {
  /** Share of the workers when others wait too. */
  weight: number;
  requestsPerMinute: number;
  /** Pixels of submitted images, in millions. */
  megapixelsPerMinute: number;
  /** Most jobs that are accepted and not yet at their end. */
  imagesInFlight: number;
  /** Most bytes that those jobs may have reserved. */
  bytesInFlight: number;
}

/** Tiers by name. `anonymous` is that of clients without a key. */
export type TierTable = Readonly<Record<string, Tier>> & { readonly anonymous: Tier };

/** A limit that is none: the largest number that Redis' scripts still count exactly. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER;

const MIB = 1_048_576;

const OPEN: Tier = {
  weight: 1,
  requestsPerMinute: UNLIMITED,
  megapixelsPerMinute: UNLIMITED,
  imagesInFlight: UNLIMITED,
  bytesInFlight: UNLIMITED,
};

const tier = (weight: number, rates: [requests: number, megapixels: number], images: number): Tier => ({
  weight,
  requestsPerMinute: rates[0],
  megapixelsPerMinute: rates[1],
  imagesInFlight: images,
  // A dozen megapixels in flight reserve about 24 MiB: the upload, and room for its result.
  bytesInFlight: images * 24 * MIB,
});

/** The tiers there are when the file of keys names no others. `RATE_LIMIT=off` frees anonymous clients of all limits. */
export function builtInTiers({ RATE_LIMIT }: Pick<Settings, 'RATE_LIMIT'>): TierTable {
  return {
    anonymous: RATE_LIMIT === 0 ? OPEN : tier(1, [RATE_LIMIT, 500], 64),
    free: tier(2, [120, 1000], 64),
    standard: tier(4, [300, 2500], 64),
    enterprise: tier(16, [3000, 25_000], 256),
  };
}
