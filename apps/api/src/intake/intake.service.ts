import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { inputKey } from '#broker/broker.keys.js';
import type { JobRecord } from '#broker/job.record.js';
import type { JobId } from '#contracts/job.id.js';
import type { JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import type { ImageLimits } from '#imaging/image.probe.js';
import { imageLimits } from '#settings/image.limits.js';
import { deriveSecrets, drawToken, type JobSecrets } from '#vault/job.token.js';
import { wrapKeys } from '#vault/key.wrap.js';
import { wipe } from '#vault/wipe.js';
import { ApiContext } from '../api.context.js';
import { announcedBytes, maxUploadBytes } from '../http/fastify.adapter.js';
import { readUpload } from './upload.reader.js';
import { UploadSealer } from './upload.sealer.js';

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
  private readonly limits: ImageLimits;
  private readonly maxBytes: number;

  constructor(private readonly context: ApiContext) {
    this.maxBytes = maxUploadBytes(context.settings);
    this.limits = imageLimits(context.settings);
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
    const sealer = new UploadSealer(this.context.broker.payloads, this.limits, secrets);
    const options = await readUpload(request, this.maxBytes, (role, file) => sealer.take(role, file));
    this.requireOffered(options.model);
    return this.enqueue(secrets.id, sealer, options);
  }

  /** @throws Problem `model-unknown` */
  private requireOffered(wanted: string | undefined): void {
    if (wanted === undefined || this.context.models.some(({ name }) => name === wanted)) return;
    throw new Problem('model-unknown', { parameter: 'model' });
  }

  private async enqueue(id: JobId, { parts, pixels }: UploadSealer, options: JobOptions): Promise<JobRecord> {
    const { jobs, payloads, queue, lifetimes } = this.context.broker;
    const storedBytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const reserveBytes = storedBytes + Math.ceil(pixels * OUTPUT_BYTES_PER_PIXEL);
    const [record] = await Promise.all([
      jobs.enqueue(id, { parts, options, reserveBytes }),
      payloads.prolong(inputKey(id), lifetimes.queueMs),
    ]);
    if (record === undefined) throw new Problem('request-timeout');
    await queue.add(id);
    return record;
  }
}
