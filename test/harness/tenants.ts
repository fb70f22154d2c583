import type { Tenant } from '#contracts/tenant.js';

/** A tenant without limits, except the given ones. */
export const tenant = (name: string, limits: Partial<Tenant> = {}): Tenant => ({
  id: name.padEnd(22, '_'),
  weight: 1,
  maxInFlight: 1_000_000,
  maxReservedBytes: Number.MAX_SAFE_INTEGER,
  ...limits,
});
