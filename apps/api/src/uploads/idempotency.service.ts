import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/records/job-record.js';
import type { IdempotencyEntry } from '#broker/limits/idempotency.store.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { jobIdOf } from '#crypto/job-token.js';
import { deriveIdempotentToken, drawSalt } from '#crypto/idempotent-token.js';
import { TenantIds } from '#auth/tenant-id.js';
import { UploadFingerprint } from '#crypto/upload-fingerprint.js';
import { BROKER, API_SECRET } from '../core/providers.js';
import type { Caller } from '../auth/caller.service.js';
import type { Broker } from '#broker/broker.js';

const HEADER = 'Idempotency-Key';
const VALUE = /^[\x21-\x7e]{1,255}$/;
const TOO_SOON_S = 1;

/** A repeatable submission. */
export interface IdempotencyClaim {
  entry: IdempotencyEntry;
  /** Token of the job, the same in each repetition. */
  token: Buffer;
  fingerprint: UploadFingerprint;
  /** The job of an earlier request; undefined for the first one. */
  earlier: JobRecord | undefined;
}

/**
 * Recognizes repeated submissions by their `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), so that none is
 * processed twice. For holders of an API key only: see `deriveIdempotentToken` for the reason.
 */
@Injectable()
export class IdempotencyService {
  private readonly names: TenantIds;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(API_SECRET) private readonly apiSecret: Buffer,
  ) {
    this.names = new TenantIds(apiSecret);
  }

  /**
   * The claim of a request; undefined when the request is not repeatable.
   * @throws Problem `invalid-parameter` | `retry-too-soon` while the first request is still uploading its image
   */
  async claim(request: FastifyRequest, { tenant, key }: Caller): Promise<IdempotencyClaim | undefined> {
    const idempotencyKey = request.headers['idempotency-key'];
    if (idempotencyKey === undefined || key === undefined) return undefined;
    if (typeof idempotencyKey !== 'string' || !VALUE.test(idempotencyKey)) {
      throw new Problem(
        'invalid-parameter',
        mustBe(HEADER, ['1 to 255 visible ASCII characters, preferably a UUID']),
      );
    }
    const { broker, apiSecret } = this;
    const name = this.names.of('retry', tenant.id, idempotencyKey);
    for (;;) {
      const { entry, isNew } = await broker.idempotency.open(name, drawSalt());
      const token = deriveIdempotentToken({ apiSecret, apiKey: key.text, salt: entry.salt, idempotencyKey });
      const claim = { entry, token, fingerprint: new UploadFingerprint(token) };
      if (isNew) return { ...claim, earlier: undefined };
      if (entry.fingerprint === undefined) throw new Problem('retry-too-soon', { retryAfterS: TOO_SOON_S });
      const earlier = await broker.jobs.read(jobIdOf(token));
      // The tombstone has expired, or the job was lost with its server: this is a new submission.
      if (earlier !== undefined && earlier.code !== 'queue-lost') return { ...claim, earlier };
      await broker.idempotency.forget(entry);
    }
  }
}
