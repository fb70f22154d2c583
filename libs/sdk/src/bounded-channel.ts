/** Hands values from several producers to one consumer. A producer waits while the consumer has enough to do. */
export class BoundedChannel<T> implements AsyncIterable<T> {
  private readonly held: T[] = [];
  private readonly blocked: (() => void)[] = [];
  private wake: (() => void) | undefined;
  private end: { error?: unknown } | undefined;

  /** @param most values that are held at a time */
  constructor(private readonly most: number) {}

  /** Resolves once the value has found room; at once, without effect, when the channel has ended. */
  async put(value: T): Promise<void> {
    while (this.held.length >= this.most && this.end === undefined) {
      await new Promise<void>((resolve) => this.blocked.push(resolve));
    }
    if (this.end !== undefined) return;
    this.held.push(value);
    this.wake?.();
  }

  /** No more values; those held are still handed out. With an error, the consumer meets it after them. */
  close(error?: unknown): void {
    this.end ??= error === undefined ? {} : { error };
    this.wake?.();
    for (const go of this.blocked.splice(0)) go();
  }

  /** For one consumer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.held.length > 0) {
        yield this.held.shift() as T;
        this.blocked.shift()?.();
      }
      if (this.end !== undefined) {
        if ('error' in this.end) throw this.end.error;
        return;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
  }
}
