/**
 * Who submits, as the broker knows them: a holder of an API key, or the network of an anonymous client. The id is a
 * keyed hash; neither key nor address can be read from it.
 */
export interface Tenant {
  /** 22 characters, base64url. */
  id: string;
  /** Share of the workers when others wait too; an anonymous client has 1. */
  weight: number;
  /** Most jobs that are accepted and not yet at their end. */
  maxInFlight: number;
  /** Most bytes that those jobs may have reserved; a tenant's only job may have more. */
  maxReservedBytes: number;
  /** Clients that share a part of the capacity, whatever each of them may reserve; undefined: no such bound. */
  pool?: TenantPool | undefined;
}

/** Tenants who together may reserve no more than a part of the capacity. */
export interface TenantPool {
  /** Lower case letters; the same for all its tenants. */
  name: string;
  /** Most bytes that all their jobs may have reserved. */
  maxReservedBytes: number;
}
