import type { Redis } from 'ioredis';
import { connect } from '../redis/redis-connection.js';
import type { ConnectionListener } from '../redis/redis-health.js';

/**
 * Connections that only read payload, for each server: the API delivers many results at a time. Each of them has one
 * read under way: two chunks in its output buffer would be above the soft limit of redis.conf
 * (`client-output-buffer-limit`), and Redis would cut it after ten seconds, however fast its client reads.
 */
const READERS = { api: 3, worker: 1 } as const;

/** Writes under way on the one connection that writes. */
const MAX_WRITES = 4;

/**
 * All connections of a process to one server that has payload, with flow control: commands that carry chunks wait for
 * their turn, first come, first served. Whoever waits holds no chunk that is still to be read.
 */
export class PayloadLink {
  private readonly reads: TaskQueue<Redis>;
  private readonly writes: TaskQueue<Redis>;

  private constructor(
    /** The connection that writes, and that everything without chunks goes over. */
    readonly main: Redis,
    private readonly readers: readonly Redis[],
  ) {
    this.reads = new TaskQueue(readers, ({ status }) => status === 'ready');
    this.writes = new TaskQueue(Array.from({ length: MAX_WRITES }, () => main));
  }

  /** Connects as one of our users. */
  static open(url: string, user: keyof typeof READERS, onChange?: ConnectionListener): PayloadLink {
    const open = (): Redis => connect(url, 'payload', onChange);
    return new PayloadLink(open(), Array.from({ length: READERS[user] }, open));
  }

  /** Runs a command that brings a chunk. */
  read<T>(task: (redis: Redis) => Promise<T>): Promise<T> {
    return this.reads.run(task);
  }

  /** Runs a command that takes a chunk along. */
  write<T>(task: (redis: Redis) => Promise<T>): Promise<T> {
    return this.writes.run(task);
  }

  /** Lets all connections go. */
  close(): void {
    for (const redis of [this.main, ...this.readers]) redis.disconnect();
  }
}

/** Runs each task on a free resource, in the order in which they came. */
export class TaskQueue<R> {
  private readonly free: R[];
  private readonly waiting: ((resource: R) => void)[] = [];

  /** `isPreferred` resources are given out before others. */
  constructor(
    resources: readonly R[],
    private readonly isPreferred: (resource: R) => boolean = () => true,
  ) {
    this.free = [...resources];
  }

  /** Runs one task as soon as its turn comes. */
  async run<T>(task: (resource: R) => Promise<T>): Promise<T> {
    const resource = this.take() ?? (await new Promise<R>((resolve) => this.waiting.push(resolve)));
    try {
      return await task(resource);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free.push(resource);
      else next(resource);
    }
  }

  private take(): R | undefined {
    const at = this.free.findIndex(this.isPreferred);
    return this.free.splice(Math.max(at, 0), 1)[0];
  }
}
