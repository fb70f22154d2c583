/** Lets a fixed number of photos be in work, the others wait their turn in the order they came. */
export class WorkSlots {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly limit: number) {}

  /** Resolves with the slot's release once there is one; rejects with the signal's reason after an abort. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.taken >= this.limit) await this.turn(signal);
    else this.taken++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.pass();
    };
  }

  /** A released slot goes to the next in line without becoming free in between. */
  private pass(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken--;
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(onTurn), 1);
        reject(signal.reason as Error);
      };
      this.waiting.push(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
