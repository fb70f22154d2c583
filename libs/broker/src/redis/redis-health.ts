import { Redis, type RedisOptions } from 'ioredis';
import { onRunTicks } from '#config/run-timer.js';

/** Roles of connections. They differ in what happens while Redis is unreachable. */
export const CONNECTION_ROLES = ['control', 'payload', 'subscriber', 'queue', 'consumer'] as const;
export type ConnectionRole = (typeof CONNECTION_ROLES)[number];

/** Why a connection was lost: Redis did not answer in time, or the connection was closed. */
export const LOSS_CAUSES = ['silent', 'closed'] as const;

/** A connection was lost or restored. */
export type ConnectionChange = { connection: ConnectionRole } & (
  { state: 'lost'; cause: (typeof LOSS_CAUSES)[number] } | { state: 'restored' }
);

/** Receives each change of a connection once. It must not throw. */
export type ConnectionListener = (change: ConnectionChange) => void;

/** Options of the health check of a connection. */
export interface ConnectionWatch {
  role: ConnectionRole;
  /** Milliseconds without a byte while an answer is pending, after which the connection is closed. */
  silenceMs: number;
  onChange: ConnectionListener;
}

type Options = Omit<RedisOptions, 'replyMapping'>;

/** States in which an answer can be pending. */
const OPEN: readonly string[] = ['connecting', 'connect', 'ready'];

/**
 * A connection that is closed and reopened when an answer is pending for too long. It replaces `socketTimeout` and
 * `commandTimeout` of ioredis, whose timers fire before answers in the socket are read: after a stall of this process they
 * close healthy connections. Here only time in which this process ran counts. An idle connection is pinged. Members are
 * `#private`, because ioredis has a member `stream` and may add others.
 */
export class WatchedRedis extends Redis {
  readonly #watch: ConnectionWatch;
  #stop: (() => void) | undefined;
  #silentMs = 0;
  #isPending = false;
  #stream: Redis['stream'] | undefined;
  #bytesRead = 0;
  #isSilent = false;
  #wasReady = false;
  #isLost = false;

  constructor(options: Options, watch: ConnectionWatch) {
    super(options);
    this.#watch = watch;
    // Errors while reconnecting are expected.
    this.on('error', () => undefined);
    this.on('connecting', () => (this.#stop ??= onRunTicks((ranMs) => this.#check(ranMs))));
    this.on('ready', () => this.#onReady());
    this.on('close', () => this.#onClose());
    this.on('end', () => {
      this.#stop?.();
      this.#stop = undefined;
    });
  }

  /** A connection with the same health check; BullMQ makes its blocking connection with it. */
  override duplicate(override?: Partial<Options>): Redis<never> {
    return new WatchedRedis(
      { ...(this.options as Options), ...override },
      this.#watch,
    ) as unknown as Redis<never>;
  }

  #check(ranMs: number): void {
    const { stream, status } = this;
    const isOpen = OPEN.includes(status);
    const isPending = isOpen && (status === 'connecting' || this.commandQueue.length > 0);
    const moved = stream !== this.#stream || stream.bytesRead !== this.#bytesRead;
    this.#silentMs = isPending && this.#isPending && !moved ? this.#silentMs + ranMs : 0;
    this.#isPending = isPending;
    this.#stream = stream;
    this.#bytesRead = isOpen ? stream.bytesRead : 0;
    if (this.#silentMs >= this.#watch.silenceMs) this.#closeSilent();
    else if (!isPending && status === 'ready') void this.ping().catch(() => undefined);
  }

  #closeSilent(): void {
    this.#silentMs = 0;
    this.#isSilent = true;
    this.stream.destroy(new Error('Redis did not answer in time'));
  }

  #onReady(): void {
    this.#wasReady = true;
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#watch.onChange({ connection: this.#watch.role, state: 'restored' });
  }

  /** Called for failed attempts to connect and for the final close as well. */
  #onClose(): void {
    const cause = this.#isSilent ? 'silent' : 'closed';
    this.#isSilent = false;
    if (!this.#wasReady || this.status === 'end') return;
    this.#wasReady = false;
    this.#isLost = true;
    this.#watch.onChange({ connection: this.#watch.role, state: 'lost', cause });
  }
}
