import { openBroker, type Broker } from '#broker/broker.js';
import { outputKey } from '#broker/redis/redis-keys.js';
import { Problem } from '#contracts/problem-catalog.js';
import { requireRedis } from '#config/process-lifecycle.js';
import { loadSettings } from '#config/settings.js';
import { sealPayload } from '#crypto/chunk-cipher.js';
import { deriveSecrets, parseToken } from '#crypto/job-token.js';
import type { JobKey } from '../../test/harness/api-client.js';

const RESULT_BYTES = 1024;

/**
 * Completes jobs as a worker does, with its Redis user, its claim, its encrypted chunk and its commit, but without
 * computing an image.
 */
export class StandInWorker {
  private constructor(private readonly broker: Broker) {}

  /** @param url address of the Redis */
  static async open(url: string): Promise<StandInWorker> {
    const settings = loadSettings({ ...process.env, REDIS_URL: url, RETENTION_GUARD: 'warn' });
    return new StandInWorker(await openBroker(requireRedis(settings), 'worker'));
  }

  /** Completes one job, with retries. Returns the time just before the commit was sent. */
  async finish(job: JobKey): Promise<number> {
    for (;;) {
      try {
        return await this.attempt(job);
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'broker-unavailable') throw error;
      }
    }
  }

  private async attempt({ token }: JobKey): Promise<number> {
    const { jobs, payloads, lifetimes } = this.broker;
    const secrets = deriveSecrets(parseToken(token) ?? Buffer.alloc(0));
    const record = await jobs.claim(secrets.id);
    if (record === undefined) throw new Error('there was nothing to claim');
    const { id, attempt } = record;
    const sealed = sealPayload(secrets.outputKey, { id, role: 'output' }, Buffer.alloc(RESULT_BYTES, 1));
    const payload = payloads.of(record);
    await payload.open(outputKey(id, attempt), lifetimes.resultMs);
    for (const box of sealed) await payload.write(outputKey(id, attempt), 0, box);
    const at = performance.now();
    await jobs.commit(id, {
      ...{ attempt, chunks: 1, bytes: RESULT_BYTES, width: 1, height: 1, format: 'png' as const },
      foreground: { left: 0, top: 0, width: 1, height: 1 },
      subjects: [],
      hints: [],
      looks: 1,
      ...{ model: 'isnet', provider: 'cpu' as const, timingsMs: {} },
    });
    return at;
  }

  /** Closes its connections. */
  close(): Promise<void> {
    return this.broker.close();
  }
}
