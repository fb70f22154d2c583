import type { Redis } from 'ioredis';
import { connect } from '../redis/redis-connection.js';
import type { ConnectionListener } from '../redis/redis-health.js';

/**
 * Connections per server that only read payload: the API delivers many results in parallel. Each has one read in flight,
 * because two chunks in its output buffer exceed the soft limit of redis.conf (`client-output-buffer-limit`), for which
 * Redis closes the connection after ten seconds.
 */
const READERS = { api: 3, worker: 1 } as const;

/** Writes in flight on the one connection that writes. */
const MAX_WRITES = 4;

/**
 * All connections of a process to one payload server, with flow control: commands with chunks are queued, first in, first
 * out. A queued read holds no chunk.
 */
export class PayloadLink {
  private readonly reads: TaskQueue<Redis>;
  private readonly writes: TaskQueue<Redis>;

  private constructor(
    /** The connection for writes and for commands without chunks. */
    readonly main: Redis,
    private readonly readers: readonly Redis[],
  ) {
    this.reads = new TaskQueue(readers, ({ status }) => status === 'ready');
    this.writes = new TaskQueue(Array.from({ length: MAX_WRITES }, () => main));
  }

  /** Connects as one of the users of redis.conf. */
  static open(url: string, user: keyof typeof READERS, onChange?: ConnectionListener): PayloadLink {
    const open = (): Redis => connect(url, 'payload', onChange);
    return new PayloadLink(open(), Array.from({ length: READERS[user] }, open));
  }

  /** Runs a command whose reply has a chunk. */
  read<T>(task: (redis: Redis) => Promise<T>): Promise<T> {
    return this.reads.run(task);
  }

  /** Runs a command that sends a chunk. */
  write<T>(task: (redis: Redis) => Promise<T>): Promise<T> {
    return this.writes.run(task);
  }

  /** Closes all connections. */
  close(): void {
    for (const redis of [this.main, ...this.readers]) redis.disconnect();
  }
}

/** Runs tasks on free resources, first in, first out. */
export class TaskQueue<R> {
  private readonly free: R[];
  private readonly waiting: ((resource: R) => void)[] = [];

  /** Uses `isPreferred` resources before others. */
  constructor(
    resources: readonly R[],
    private readonly isPreferred: (resource: R) => boolean = () => true,
  ) {
    this.free = [...resources];
  }

  /** Runs one task when a resource is free. */
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
