import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { inputKey } from '#broker/broker.keys.js';
import type { JobRecord } from '#broker/job.record.js';
import type { JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { deriveSecrets, drawToken, type JobSecrets } from '#vault/job.token.js';
import { wrapKeys } from '#vault/key.wrap.js';
import { wipe } from '#vault/wipe.js';
import { ApiContext } from '../api.context.js';
import { announcedBytes, maxUploadBytes } from '../http/fastify.adapter.js';
import { readUpload } from './upload.reader.js';
import { UploadSealer, type SealedUpload } from './upload.sealer.js';

/** Bytes of a losslessly encoded cut-out per pixel: an estimate on the safe side. */
const OUTPUT_BYTES_PER_PIXEL = 1.5;

/** A job that stands in the queue. Its token is here and with the client, nowhere else. */
export interface Accepted {
  record: JobRecord;
  token: Buffer;
}

/** HTTP upload → sealed chunks → queue. */
@Injectable()
export class IntakeService {
  private readonly sealer: UploadSealer;
  private readonly maxBytes: number;

  constructor(private readonly context: ApiContext) {
    const { settings, broker } = context;
    this.maxBytes = maxUploadBytes(settings);
    this.sealer = new UploadSealer(broker.payloads, {
      maxPixels: settings.MAX_MEGAPIXELS * 1_000_000,
      maxSidePixels: settings.MAX_SIDE_PIXELS,
    });
  }

  /**
   * Takes one image in. When this throws, nothing of the job is left.
   * @throws Problem whatever the upload, the image's header or the queue has against it
   */
  async accept(request: FastifyRequest): Promise<Accepted> {
    const { jobs } = this.context.broker;
    const token = drawToken();
    const secrets = deriveSecrets(token);
    const wrappedKeys = wrapKeys(this.context.kek, secrets.id, secrets);
    const reserveBytes = announcedBytes(request) || this.maxBytes;
    try {
      await this.reserve(() => jobs.accept(secrets.id, { wrappedKeys, reserveBytes }));
    } catch (error) {
      // A Redis that answered too late may still open the record: what follows on the same connection ends it.
      void this.withdraw(secrets.id);
      wipe(token, secrets.inputKey, secrets.outputKey);
      throw error;
    }
    try {
      return { record: await this.takeIn(request, secrets), token };
    } catch (error) {
      wipe(token);
      await this.withdraw(secrets.id);
      throw error;
    } finally {
      wipe(secrets.inputKey, secrets.outputKey);
    }
  }

  /** Gives up a job whose submitter has gone without ever learning its token. */
  async withdraw(id: JobRecord['id']): Promise<void> {
    await this.context.broker.purge.cancelled(id).catch(() => undefined);
  }

  /** Adds to a refusal for want of memory when some is likely to be free. */
  private async reserve(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'capacity-exhausted') throw error;
      const { retryAfterS } = await this.context.broker.pace.outlook();
      throw new Problem('capacity-exhausted', { retryAfterS });
    }
  }

  private async takeIn(request: FastifyRequest, secrets: JobSecrets): Promise<JobRecord> {
    let stored: SealedUpload | undefined;
    const options = await readUpload(request, this.maxBytes, async (bytes) => {
      stored = await this.sealer.seal(secrets.id, secrets.inputKey, bytes);
    });
    if (stored === undefined) throw new Problem('missing-image');
    return this.enqueue(secrets, stored, options);
  }

  private async enqueue({ id }: JobSecrets, stored: SealedUpload, options: JobOptions): Promise<JobRecord> {
    const { jobs, payloads, queue, lifetimes } = this.context.broker;
    const reserveBytes = stored.bytes + Math.ceil(stored.pixels * OUTPUT_BYTES_PER_PIXEL);
    const [record] = await Promise.all([
      jobs.enqueue(id, { ...stored, options, reserveBytes }),
      payloads.prolong(inputKey(id), lifetimes.queueMs),
    ]);
    if (record === undefined) throw new Problem('request-timeout');
    await queue.add(id);
    return record;
  }
}
