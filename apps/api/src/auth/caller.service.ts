import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import type { Tenant, TenantPool } from '#contracts/tenant.js';
import type { KnownKey } from '#auth/api-keys.js';
import { UNLIMITED, type Tier } from '#auth/tier-table.js';
import { TenantIds } from '#auth/tenant-id.js';
import { BROKER, API_SECRET } from '../core/providers.js';
import { coarseNetwork, throttleNetwork } from '../http/connection-limits.js';
import { extractApiKey } from '../http/request-preferences.js';
import type { Broker } from '#broker/broker.js';
import { ApiKeyFile } from '#auth/api-key-file.js';

/** Largest share of the image memory for one client whose bytes are limited. */
const MEMORY_SHARE = 0.5;

/** Largest share for all anonymous clients together when there are API keys. The rest is reserved for holders of keys. */
const ANONYMOUS_SHARE = 0.75;

/** Who sends a request, and their limits. */
export interface Caller {
  tenant: Tenant;
  /** Id of the coarse network of an anonymous client; undefined when it equals the network of the client. */
  coarseId: string | undefined;
  tierName: string;
  tier: Tier;
  /** The valid API key of the request; undefined for an anonymous client. `text` is the key itself. */
  key: { id: string; text: string; expiresAt: number | undefined } | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once: the caller of a request stays the same even when the key file changes. */
    caller?: Caller;
  }
}

/** Identifies the caller of a request: the holder of an API key, or the network of an anonymous client. */
@Injectable()
export class CallerService {
  private readonly names: TenantIds;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(API_SECRET) apiSecret: Buffer,
    private readonly keys: ApiKeyFile,
  ) {
    this.names = new TenantIds(apiSecret);
  }

  /**
   * The caller of a request. Without a key file, all clients are anonymous. With one, a request with an invalid key is
   * rejected: a client that was served as anonymous would notice the mistake only at a limit.
   * @throws Problem `key-invalid` | `upload-interrupted` when the client has disconnected
   */
  of(request: FastifyRequest): Caller {
    return (request.caller ??= this.lookUp(request));
  }

  private lookUp(request: FastifyRequest): Caller {
    const { isOn, book } = this.keys;
    const { id: resourceId } = request.params as { id?: string };
    const text = isOn ? extractApiKey(request.headers, resourceId !== undefined) : undefined;
    if (text === undefined) {
      // A connection that was reset has no address.
      const { ip } = request as { ip?: string };
      if (ip === undefined) throw new Problem('upload-interrupted');
      const [network, coarse] = [throttleNetwork(ip), coarseNetwork(ip)];
      const pool = isOn ? this.anonymousPool() : undefined;
      const tenant = { ...this.tenantOf(['network', network], book.anonymous), pool };
      const coarseId = coarse === network ? undefined : this.names.of('coarse-network', coarse);
      return { tenant, coarseId, tierName: 'anonymous', tier: book.anonymous, key: undefined };
    }
    const found: KnownKey | undefined = book.find(text, Date.now());
    if (found === undefined) throw new Problem('key-invalid');
    const { id, tier, tierName, expiresAt } = found;
    return {
      tenant: this.tenantOf(['key', id], tier),
      coarseId: undefined,
      tierName,
      tier,
      key: { id, text, expiresAt },
    };
  }

  private anonymousPool(): TenantPool {
    const { capacityBytes } = this.broker.payloads;
    return { name: 'anonymous', maxReservedBytes: Math.floor(ANONYMOUS_SHARE * capacityBytes) };
  }

  private tenantOf(words: readonly string[], { weight, imagesInFlight, bytesInFlight }: Tier): Tenant {
    const { capacityBytes } = this.broker.payloads;
    return {
      id: this.names.of(...words),
      weight,
      maxInFlight: imagesInFlight,
      maxReservedBytes:
        bytesInFlight < UNLIMITED
          ? Math.min(bytesInFlight, Math.floor(MEMORY_SHARE * capacityBytes))
          : bytesInFlight,
    };
  }
}
