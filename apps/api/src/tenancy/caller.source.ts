import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import type { Tenant } from '#contracts/tenant.js';
import type { KnownKey } from '#settings/key.book.js';
import { UNLIMITED, type Tier } from '#settings/tier.table.js';
import { TenantNames } from '#vault/tenant.name.js';
import { ApiContext } from '../api.context.js';
import { throttleNetwork } from '../http/client.address.js';
import { presentedKey } from './presented.key.js';

/** Most of the memory for images that one client may take, unless nothing is limited. */
const MEMORY_SHARE = 0.5;

/** Who makes a request, and what they may use. */
export interface Caller {
  tenant: Tenant;
  tierName: string;
  tier: Tier;
  /** The API key in force that was shown; undefined for an anonymous client. `text` is the key itself. */
  key: { id: string; text: string; expiresAt: number | undefined } | undefined;
}

/** Tells who makes a request: the holder of an API key, or the network of an anonymous client. */
@Injectable()
export class CallerSource {
  private readonly names: TenantNames;
  /** A request has one caller, also when the keys change while it is under way. */
  private readonly known = new WeakMap<FastifyRequest, Caller>();

  constructor(private readonly context: ApiContext) {
    this.names = new TenantNames(context.kek);
  }

  /**
   * Who makes the request. Without a file of keys everybody is anonymous, whatever they show; with one, whoever shows
   * a key that is not in force is refused: served as anonymous they would learn it from a limit, or never.
   * @throws Problem `key-invalid` | `upload-interrupted` when the client has gone already
   */
  of(request: FastifyRequest): Caller {
    const caller = this.known.get(request) ?? this.lookUp(request);
    this.known.set(request, caller);
    return caller;
  }

  private lookUp(request: FastifyRequest): Caller {
    const { isOn, book } = this.context.keys;
    const { id: named } = request.params as { id?: string };
    const text = isOn ? presentedKey(request.headers, named !== undefined) : undefined;
    if (text === undefined) {
      // A connection that was reset in the meantime no longer knows where it came from.
      const { ip } = request as { ip?: string };
      if (ip === undefined) throw new Problem('upload-interrupted');
      const tenant = this.tenantOf(['network', throttleNetwork(ip)], book.anonymous);
      return { tenant, tierName: 'anonymous', tier: book.anonymous, key: undefined };
    }
    const found: KnownKey | undefined = book.find(text, Date.now());
    if (found === undefined) throw new Problem('key-invalid');
    const { id, tier, tierName, expiresAt } = found;
    return { tenant: this.tenantOf(['key', id], tier), tierName, tier, key: { id, text, expiresAt } };
  }

  private tenantOf(words: readonly string[], { weight, imagesInFlight, bytesInFlight }: Tier): Tenant {
    const { capacityBytes } = this.context.broker.payloads;
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
