import type { Tenant } from '#contracts/tenant.js';

/** A tenant whom nothing limits but what is told. */
export const tenant = (name: string, limits: Partial<Tenant> = {}): Tenant => ({
  id: name.padEnd(22, '_'),
  weight: 1,
  maxInFlight: 1_000_000,
  maxReservedBytes: Number.MAX_SAFE_INTEGER,
  ...limits,
});
