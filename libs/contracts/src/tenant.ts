/**
 * A tenant of the broker: the holder of an API key, or the network of an anonymous client. The id is a keyed hash, which
 * reveals neither key nor address.
 */
export interface Tenant {
  /** 22 characters, base64url. */
  id: string;
  /** Share of the workers while other tenants have jobs in the queue; an anonymous client has 1. */
  weight: number;
  /** Maximum number of jobs that have not ended. */
  maxInFlight: number;
  /** Maximum bytes that these jobs may reserve. The only job of a tenant may reserve more. */
  maxReservedBytes: number;
  /** Pool of tenants that share a part of the capacity; undefined when there is no such limit. */
  pool?: TenantPool | undefined;
}

/** A group of tenants that together may reserve a part of the capacity. */
export interface TenantPool {
  /** Lower case letters. */
  name: string;
  /** Maximum bytes that all jobs of the pool may reserve. */
  maxReservedBytes: number;
}
