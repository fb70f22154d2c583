import { Redis, type RedisOptions } from 'ioredis';
import { onRunTicks } from '#config/run-timer.js';

/** What a connection is for; each role fails in its own way while Redis is unreachable. */
export const CONNECTION_ROLES = ['control', 'payload', 'subscriber', 'queue', 'consumer'] as const;
export type ConnectionRole = (typeof CONNECTION_ROLES)[number];

/** Why a connection was lost: Redis owed an answer for too long, or the connection was closed. */
export const LOSS_CAUSES = ['silent', 'closed'] as const;

/** A connection that was usable is so no more, or is so again. */
export type ConnectionChange = { connection: ConnectionRole } & (
  { state: 'lost'; cause: (typeof LOSS_CAUSES)[number] } | { state: 'restored' }
);

/** Receives each change of a connection once. It must not throw. */
export type ConnectionListener = (change: ConnectionChange) => void;

/** How a connection is watched. */
export interface ConnectionWatch {
  role: ConnectionRole;
  /** Milliseconds without a byte, while an answer is owed, after which the connection counts as dead. */
  silenceMs: number;
  onChange: ConnectionListener;
}

type Options = Omit<RedisOptions, 'replyMapping'>;

/** States in which Redis, or the network before it, can owe an answer. */
const OPEN: readonly string[] = ['connecting', 'connect', 'ready'];

/**
 * A connection that is closed and made anew when Redis owes an answer for too long. ioredis' own limits
 * (`socketTimeout`, `commandTimeout`) fire from timers, before answers that wait in the socket are read: a process that
 * was not scheduled for a while would take its own silence for that of Redis. Here only time counts in which this
 * process ran. A connection on which nothing is owed is asked for a sign of life.
 */
export class WatchedRedis extends Redis {
  readonly #watch: ConnectionWatch;
  #stop: (() => void) | undefined;
  #silentMs = 0;
  #owed = false;
  #stream: Redis['stream'] | undefined;
  #bytesRead = 0;
  #isSilent = false;
  #wasReady = false;
  #isLost = false;

  constructor(options: Options, watch: ConnectionWatch) {
    super(options);
    this.#watch = watch;
    // Errors while reconnecting are expected and carry no news.
    this.on('error', () => undefined);
    this.on('connecting', () => (this.#stop ??= onRunTicks((ranMs) => this.#look(ranMs))));
    this.on('ready', () => this.#noteReady());
    this.on('close', () => this.#noteClose());
    this.on('end', () => {
      this.#stop?.();
      this.#stop = undefined;
    });
  }

  /** Another connection of the same kind: BullMQ makes its blocking one so. */
  override duplicate(override?: Partial<Options>): Redis<never> {
    return new WatchedRedis(
      { ...(this.options as Options), ...override },
      this.#watch,
    ) as unknown as Redis<never>;
  }

  #look(ranMs: number): void {
    const { stream, status } = this;
    const isOpen = OPEN.includes(status);
    const isOwed = isOpen && (status === 'connecting' || this.commandQueue.length > 0);
    const moved = stream !== this.#stream || stream.bytesRead !== this.#bytesRead;
    this.#silentMs = isOwed && this.#owed && !moved ? this.#silentMs + ranMs : 0;
    this.#owed = isOwed;
    this.#stream = stream;
    this.#bytesRead = isOpen ? stream.bytesRead : 0;
    if (this.#silentMs >= this.#watch.silenceMs) this.#giveUp();
    else if (!isOwed && status === 'ready') void this.ping().catch(() => undefined);
  }

  #giveUp(): void {
    this.#silentMs = 0;
    this.#isSilent = true;
    this.stream.destroy(new Error('Redis owed an answer for too long'));
  }

  #noteReady(): void {
    this.#wasReady = true;
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#watch.onChange({ connection: this.#watch.role, state: 'restored' });
  }

  /** Also for each attempt to connect that fails, and when the connection is closed for good. */
  #noteClose(): void {
    const cause = this.#isSilent ? 'silent' : 'closed';
    this.#isSilent = false;
    if (!this.#wasReady || this.status === 'end') return;
    this.#wasReady = false;
    this.#isLost = true;
    this.#watch.onChange({ connection: this.#watch.role, state: 'lost', cause });
  }
}
