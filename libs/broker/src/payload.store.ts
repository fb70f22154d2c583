import type { Redis } from 'ioredis';
import { EXPIRY_MARGIN_MS } from './lifetimes.js';
import { guarded } from './redis.failure.js';

/**
 * Sole writer and reader of payload keys: one hash of sealed chunks each, always with a lifetime. Native commands
 * only; removal is the purge's.
 */
export class PayloadStore {
  /** `server` is asked before each command: it throws when the server must not be spoken to. */
  constructor(private readonly server: () => Redis) {}

  /**
   * Writes one chunk, and in the same transaction gives the key a lifetime if it has none: the first chunk's, or that
   * of a later one which finds that a restarted server has forgotten those before it.
   */
  async write(key: string, index: number, box: Buffer, lifetimeMs: number): Promise<void> {
    await guarded(async () => {
      const replies = await this.server()
        .multi()
        .hset(key, String(index), box)
        .pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS, 'NX')
        .exec();
      for (const [error] of replies ?? []) if (error !== null) throw error;
    });
  }

  /** Reads one chunk; undefined when it is gone. */
  async read(key: string, index: number): Promise<Buffer | undefined> {
    return (await guarded(async () => this.server().hgetBuffer(key, String(index)))) ?? undefined;
  }

  /** Makes a payload live at least `lifetimeMs` longer; never shortens its life. */
  async prolong(key: string, lifetimeMs: number): Promise<void> {
    await guarded(async () => this.server().pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS, 'GT'));
  }

  /** Removes keys, for the purge alone. Returns how many there were. */
  async remove(keys: readonly string[]): Promise<number> {
    return guarded(async () => this.server().unlink(...keys));
  }
}
