import type { Redis } from 'ioredis';
import { EXPIRY_MARGIN_MS, LATE_WRITE_MS } from '../records/lifetimes.js';
import type { PayloadLink } from './payload-link.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** Empty field of each open payload key. */
const OPEN_FIELD = 'open';

/** A chunk arrived after its key was deleted or had expired. It has been deleted. */
export class PayloadClosedError extends Error {
  override readonly name = 'PayloadClosedError';
}

/**
 * Reads and writes payload keys: one hash of encrypted chunks each, always with a lifetime. It uses plain commands only, no
 * scripts. `JobPurge` deletes them.
 *
 * A key is opened before its first chunk. A chunk that arrives after the purge finds no key and is deleted at once or, when
 * its connection broke, by Redis after a few seconds.
 */
export class PayloadStore {
  /** `requireServer` is called before each command; it throws when the server must not be used. */
  constructor(
    private readonly link: PayloadLink,
    private readonly requireServer: () => void = () => undefined,
  ) {}

  /**
   * Opens a key for the maximum duration of its writes. The caller checks afterwards that the job still lives: the end of a
   * job deletes the key, and later writes fail.
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
   * Writes one chunk. When the key is not open, the chunk creates it, gets a short lifetime in the same transaction, and is
   * deleted at once.
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

  /** Reads one chunk; undefined when it does not exist. */
  async read(key: string, index: number): Promise<Buffer | undefined> {
    const box = await this.link.read((redis) =>
      mapRedisErrors(async () => {
        this.requireServer();
        return redis.hgetBuffer(key, String(index));
      }),
    );
    return box ?? undefined;
  }

  /** Extends the lifetime of a key to at least `lifetimeMs` from now. */
  async prolong(key: string, lifetimeMs: number): Promise<void> {
    await mapRedisErrors(async () => this.server().pexpire(key, lifetimeMs + EXPIRY_MARGIN_MS, 'GT'));
  }

  /** Deletes keys, for the purge alone. Returns their number. */
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
