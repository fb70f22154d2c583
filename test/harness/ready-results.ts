import { createHash, randomBytes } from 'node:crypto';
import { openBroker, type Broker } from '#broker/broker.js';
import { outputKey } from '#broker/redis/redis-keys.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { requireRedis } from '#config/process-lifecycle.js';
import { loadSettings } from '#config/settings.js';
import { chunkCount, sealPayload } from '#crypto/chunk-cipher.js';
import { deriveSecrets, drawToken, tokenText } from '#crypto/job-token.js';
import { tenant } from './tenants.js';

/** A job whose result waits for its client. */
export interface ReadyResult {
  id: JobId;
  token: string;
  bytes: number;
  /** Of the result in the clear, hexadecimal. */
  sha256: string;
}

/**
 * Brings jobs to `ready` with the service's own broker and encryption, without an image: deliveries of gigabytes are not
 * about cut-outs.
 */
export class ReadyResults {
  private noise: Buffer | undefined;

  private constructor(private readonly broker: Broker) {}

  /** @param url address of the Redis that the API under test uses, as the tests' own user */
  static async open(url: string): Promise<ReadyResults> {
    const settings = loadSettings({ REDIS_URL: url, RETENTION_GUARD: 'warn' });
    return new ReadyResults(await openBroker(requireRedis(settings), 'worker'));
  }

  /** Makes one job with a result of `bytes` bytes, unlike any other in its first ones. */
  async make(bytes: number): Promise<ReadyResult> {
    const { jobs, payloads, lifetimes } = this.broker;
    const token = drawToken();
    const { id, outputKey: key } = deriveSecrets(token);
    const owner = { tenant: tenant('test'), reserveBytes: bytes };
    await jobs.accept(id, { wrappedKeys: 'k', ...owner });
    const parts = [{ role: 'input', chunks: 1, bytes: 1 }] as const;
    await jobs.enqueue(id, { parts, options: jobOptionsSchema.parse({}), ...owner });
    const record = await jobs.claim(id);
    if (record === undefined) throw new Error('there was nothing to claim');
    this.noise ??= randomBytes(bytes);
    const plain = Buffer.alloc(bytes, this.noise);
    randomBytes(16).copy(plain);
    const sha256 = createHash('sha256').update(plain).digest('hex');
    const payload = payloads.of(record);
    await payload.open(outputKey(id, 1), lifetimes.resultMs);
    const boxes = [...sealPayload(key, { id, role: 'output' }, plain)];
    await Promise.all(boxes.map((box, index) => payload.write(outputKey(id, 1), index, box)));
    await jobs.commit(id, {
      ...{ attempt: 1, chunks: chunkCount(bytes), bytes, width: 1, height: 1, format: 'png' as const },
      foreground: { left: 0, top: 0, width: 1, height: 1 },
      subjects: [],
      hints: [],
      looks: 1,
      ...{ model: 'isnet', provider: 'cpu' as const, timingsMs: {} },
    });
    return { id, token: tokenText(token), bytes, sha256 };
  }

  /** The job's state and what was purged of it. */
  record(id: JobId): ReturnType<Broker['jobs']['read']> {
    return this.broker.jobs.read(id);
  }

  /** Lets go of Redis. */
  close(): Promise<void> {
    return this.broker.close();
  }
}
