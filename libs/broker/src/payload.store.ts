import type { Redis } from 'ioredis';
import { EXPIRY_MARGIN_MS } from './lifetimes.js';
import { guarded } from './redis.failure.js';

/**
 * Sole writer and reader of payload keys: one hash of sealed chunks each, always with a lifetime. Native commands
 * only; removal is the purge's.
 */
export class PayloadStore {
  constructor(private readonly redis: Redis) {}

  /** Writes one chunk; the first one sets the key's lifetime in the same transaction. */
  async write(key: string, index: number, box: Buffer, lifetimeMs: number): Promise<void> {
    if (index > 0) {
      await guarded(() => this.redis.hset(key, String(index), box));
      return;
    }
    const transaction = this.redis
      .multi()
      .hset(key, '0', box)
      .pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS);
    await guarded(async () => {
      for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
    });
  }

  /** Reads one chunk; undefined when it is gone. */
  async read(key: string, index: number): Promise<Buffer | undefined> {
    return (await guarded(() => this.redis.hgetBuffer(key, String(index)))) ?? undefined;
  }

  /** Makes a payload live at least `lifetimeMs` longer; never shortens its life. */
  async prolong(key: string, lifetimeMs: number): Promise<void> {
    await guarded(() => this.redis.pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS, 'GT'));
  }
}
