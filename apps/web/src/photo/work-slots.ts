/** Limits how many photos are processed at a time. Others wait in order of arrival. */
export class WorkSlots {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly limit: number) {}

  /** Waits for a slot. Returns a function that releases it. @throws the signal's reason */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.taken >= this.limit) await this.waitForSlot(signal);
    else this.taken++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.pass();
    };
  }

  /** Passes a released slot directly to the next waiting photo. */
  private pass(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken--;
  }

  private waitForSlot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onSlot = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(onSlot), 1);
        reject(signal.reason as Error);
      };
      this.waiting.push(onSlot);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
