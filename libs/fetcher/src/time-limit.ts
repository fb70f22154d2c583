/**
 * Does something with a signal that is aborted when `signal` is, or after `ms`. Not `AbortSignal.timeout`: within
 * `AbortSignal.any`, Node 20 collects it as garbage before its time, and nothing ever ends.
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

/** A signal that is aborted when another is, or after a time. To be cleared when it is not needed any more. */
export class TimeLimit {
  readonly signal: AbortSignal;
  /** Held here, so that it lives as long as this. */
  private readonly time = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(signal: AbortSignal, ms: number) {
    this.timer = setTimeout(() => this.time.abort(), ms);
    this.signal = AbortSignal.any([signal, this.time.signal]);
  }

  /** Ends the clock. */
  clear(): void {
    clearTimeout(this.timer);
  }
}
