import type { ShutdownNotifier } from './shutdown-notifier.js';

const RETRY_MS = 250;

/** What ends a wait: the client disconnects, or the time is up. */
export interface WaitLimits {
  /** Without it only the client and a shutdown of this process end the wait. */
  timeoutMs?: number;
  signal: AbortSignal;
}

/** One client's wait. A notification that comes while nobody listens is kept for the next listener. */
export class Wait {
  private ended = false;
  private isPending = false;
  private wake: (() => void) | undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly signal: AbortSignal;
  private readonly unsubscribe: () => void;

  constructor(shutdown: ShutdownNotifier, { timeoutMs, signal }: WaitLimits) {
    this.signal = signal;
    // Not `AbortSignal.timeout` and `any`: Node 20 collects them as garbage before their time, and nothing ever ends.
    if (timeoutMs !== undefined) this.timer = setTimeout(this.end, timeoutMs);
    this.unsubscribe = shutdown.onShutdown(this.end);
    signal.addEventListener('abort', this.end, { once: true });
    if (signal.aborted || shutdown.isShuttingDown) this.end();
  }

  /** True once the client has disconnected, the time is up or the process shuts down. */
  get isOver(): boolean {
    return this.ended;
  }

  /** Wakes the listener, or the next one. */
  notify(): void {
    this.isPending = true;
    this.wake?.();
  }

  /** Resolves at the next notification, or at once when one was missed or the wait is over. */
  async notified(): Promise<void> {
    if (!this.isPending && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
    this.isPending = false;
    this.wake = undefined;
  }

  /** Removes the timer and all listeners. */
  release(): void {
    clearTimeout(this.timer);
    this.unsubscribe();
    this.signal.removeEventListener('abort', this.end);
  }

  private readonly end = (): void => {
    this.ended = true;
    this.notify();
  };
}

/** Repeats a read through an outage of Redis until the wait is over. @throws Problem `broker-unavailable` then */
export async function readThrough<T>(read: () => Promise<T>, wait: { readonly isOver: boolean }): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (wait.isOver) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
