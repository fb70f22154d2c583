import { pause } from '#sdk/retry-policy.js';

/** Delays all submissions of the page while the service asks one of them to wait. */
export class BackpressureGate {
  private openAtMs = 0;

  /** Closes the gate for at least `ms` from now. */
  closeFor(ms: number): void {
    this.openAtMs = Math.max(this.openAtMs, performance.now() + ms);
  }

  /** Resolves when the gate is open. `onWait` receives each delay in milliseconds. @throws the signal's reason */
  async pass(signal: AbortSignal, onWait: (waitMs: number) => void): Promise<void> {
    for (;;) {
      const waitMs = this.openAtMs - performance.now();
      if (waitMs <= 0) return;
      onWait(waitMs);
      await pause(waitMs, signal);
    }
  }
}
