import type { StopBell } from './stop.bell.js';

const RETRY_MS = 250;

/** What ends a wait: the client goes, or the time is up. */
export interface WaitLimits {
  /** Without it only the client and a stop of this process end the wait. */
  timeoutMs?: number;
  signal: AbortSignal;
}

/** One client's wait: it remembers a ring until somebody listens, and rings when it is over. */
export class Wait {
  private isOver = false;
  private pending = false;
  private wake: (() => void) | undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly signal: AbortSignal;
  private readonly unstop: () => void;

  constructor(stop: StopBell, { timeoutMs, signal }: WaitLimits) {
    this.signal = signal;
    // Not `AbortSignal.timeout` and `any`: Node 20 collects them as garbage before their time, and nothing ever ends.
    if (timeoutMs !== undefined) this.timer = setTimeout(this.end, timeoutMs);
    this.unstop = stop.onStop(this.end);
    signal.addEventListener('abort', this.end, { once: true });
    if (signal.aborted || stop.rung) this.end();
  }

  /** True once there is nobody to wait for. */
  get over(): boolean {
    return this.isOver;
  }

  /** Wakes whoever listens, or the next who does. */
  ring(): void {
    this.pending = true;
    this.wake?.();
  }

  /** Resolves at the next ring, or at once when one was missed or the wait is over. */
  async rung(): Promise<void> {
    if (!this.pending && !this.isOver) await new Promise<void>((resolve) => (this.wake = resolve));
    this.pending = false;
    this.wake = undefined;
  }

  /** Leaves nothing behind. */
  release(): void {
    clearTimeout(this.timer);
    this.unstop();
    this.signal.removeEventListener('abort', this.end);
  }

  private readonly end = (): void => {
    this.isOver = true;
    this.ring();
  };
}

/** Reads on through an outage of Redis until the wait is over. @throws Problem `broker-unavailable` then */
export async function readThrough<T>(read: () => Promise<T>, wait: { readonly over: boolean }): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (wait.over) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
