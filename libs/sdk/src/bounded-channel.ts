/** A channel from several producers to one consumer. A producer waits while the channel is full. */
export class BoundedChannel<T> implements AsyncIterable<T> {
  private readonly values: T[] = [];
  private readonly blocked: (() => void)[] = [];
  private wakeConsumer: (() => void) | undefined;
  private end: { error?: unknown } | undefined;

  /** @param capacity maximum number of buffered values */
  constructor(private readonly capacity: number) {}

  /** Resolves when the value is buffered. On a closed channel, resolves at once and drops the value. */
  async put(value: T): Promise<void> {
    while (this.values.length >= this.capacity && this.end === undefined) {
      await new Promise<void>((resolve) => this.blocked.push(resolve));
    }
    if (this.end !== undefined) return;
    this.values.push(value);
    this.wakeConsumer?.();
  }

  /** Accepts no more values. The consumer still receives the buffered ones, then the error if there is one. */
  close(error?: unknown): void {
    this.end ??= error === undefined ? {} : { error };
    this.wakeConsumer?.();
    for (const unblock of this.blocked.splice(0)) unblock();
  }

  /** Iterates over the values; for one consumer only. @throws the error passed to `close` */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.values.length > 0) {
        yield this.values.shift() as T;
        this.blocked.shift()?.();
      }
      if (this.end !== undefined) {
        if ('error' in this.end) throw this.end.error;
        return;
      }
      await new Promise<void>((resolve) => (this.wakeConsumer = resolve));
      this.wakeConsumer = undefined;
    }
  }
}
