import type { Settings } from '#config/settings.schema.js';

/** Limits of a tier. */
export interface Tier {
  /** Weight in fair scheduling. */
  weight: number;
  requestsPerMinute: number;
  /** Pixels of submitted images per minute, in millions. */
  megapixelsPerMinute: number;
  /** Maximum number of jobs in flight. */
  imagesInFlight: number;
  /** Maximum reserved bytes of these jobs. */
  bytesInFlight: number;
}

/** Tiers by name. Clients without a key have `anonymous`. */
export type TierTable = Readonly<Record<string, Tier>> & { readonly anonymous: Tier };

/** No limit: the largest integer that Redis scripts count exactly. */
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

/** The built-in tiers. `RATE_LIMIT=off` removes all limits of anonymous clients. */
export function builtInTiers({ RATE_LIMIT }: Pick<Settings, 'RATE_LIMIT'>): TierTable {
  return {
    anonymous: RATE_LIMIT === 0 ? OPEN : tier(1, [RATE_LIMIT, 500], 64),
    free: tier(2, [120, 1000], 64),
    standard: tier(4, [300, 2500], 64),
    enterprise: tier(16, [3000, 25_000], 256),
  };
}
