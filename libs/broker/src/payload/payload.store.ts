import type { Redis } from 'ioredis';
import { EXPIRY_MARGIN_MS, LATE_WRITE_MS } from '../records/lifetimes.js';
import type { PayloadLink } from './payload-link.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** Field that a payload key has from when it is opened: without it the key has been removed. It holds nothing. */
const OPEN_FIELD = 'open';

/** Payload reached its key after that had been removed, or had expired; it has been removed again. */
export class PayloadClosedError extends Error {
  override readonly name = 'PayloadClosedError';
}

/**
 * Sole writer and reader of payload keys: one hash of sealed chunks each, always with a lifetime. Native commands
 * only; removal is the purge's.
 *
 * A key is opened before its first chunk. So a chunk that comes after the purge, late over a slow network, finds no key:
 * it is removed in the same moment, or, when its connection broke, a few seconds later by Redis.
 */
export class PayloadStore {
  /** `requireServer` is called before each command: it throws when the server must not be spoken to. */
  constructor(
    private readonly link: PayloadLink,
    private readonly requireServer: () => void = () => undefined,
  ) {}

  /**
   * Opens a key for as long as its chunks may take to come. The caller then makes sure that its job still lives: whatever
   * ends the job from then on removes the key, and with it the right to write.
   */
  async open(key: string, lifetimeMs: number): Promise<void> {
    await this.transaction((redis) =>
      redis
        .multi()
        .hset(key, OPEN_FIELD, '')
        .pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS),
    );
  }

  /**
   * Writes one chunk. A key that has been removed has no lifetime: the chunk makes it anew, gets a short one in the same
   * transaction, and goes at once.
   * @throws PayloadClosedError when the key is not open
   */
  async write(key: string, index: number, box: Buffer): Promise<void> {
    const [, isNew] = await this.link.write(() =>
      this.transaction((redis) =>
        redis.multi().hset(key, String(index), box).pexpire(key, LATE_WRITE_MS, 'NX'),
      ),
    );
    if (isNew !== 1) return;
    await this.remove([key]);
    throw new PayloadClosedError();
  }

  /** Reads one chunk; undefined when it is gone. */
  async read(key: string, index: number): Promise<Buffer | undefined> {
    const box = await this.link.read((redis) =>
      mapRedisErrors(async () => {
        this.requireServer();
        return redis.hgetBuffer(key, String(index));
      }),
    );
    return box ?? undefined;
  }

  /** Makes a payload live at least `lifetimeMs` longer; never shortens its life. */
  async prolong(key: string, lifetimeMs: number): Promise<void> {
    await mapRedisErrors(async () => this.server().pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS, 'GT'));
  }

  /** Removes keys, for the purge alone. Returns how many there were. */
  async remove(keys: readonly string[]): Promise<number> {
    return mapRedisErrors(async () => this.server().unlink(...keys));
  }

  private transaction(commands: (redis: Redis) => ReturnType<Redis['multi']>): Promise<unknown[]> {
    return mapRedisErrors(async () => {
      const replies = (await commands(this.server()).exec()) ?? [];
      return replies.map(([error, reply]) => {
        if (error !== null) throw error;
        return reply;
      });
    });
  }

  private server(): Redis {
    this.requireServer();
    return this.link.main;
  }
}
