/**
 * Runs a function with a signal that is aborted with `signal` or after `ms`. It replaces `AbortSignal.timeout` within
 * `AbortSignal.any`, which Node 20 garbage-collects before it fires.
 */
export async function within<T>(
  signal: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new TimeLimit(signal, ms);
  try {
    return await work(limit.signal);
  } finally {
    limit.clear();
  }
}

/** A signal that is aborted with another one or after a time. Clear it after use. */
export class TimeLimit {
  readonly signal: AbortSignal;
  /** Referenced here against garbage collection. */
  private readonly time = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(signal: AbortSignal, ms: number) {
    this.timer = setTimeout(() => this.time.abort(), ms);
    this.signal = AbortSignal.any([signal, this.time.signal]);
  }

  /** Stops the timer. */
  clear(): void {
    clearTimeout(this.timer);
  }
}
