import { pause } from '#sdk/abortable-pause.js';

/** Holds all submissions of this page back for as long as the service asked one of them to wait. */
export class BackpressureGate {
  private openAtMs = 0;

  /** Keeps the gate shut for `ms` from now, or longer if it already is. */
  shutFor(ms: number): void {
    this.openAtMs = Math.max(this.openAtMs, performance.now() + ms);
  }

  /** Resolves once the gate is open; `onWait` is told each wait, in milliseconds. */
  async pass(signal: AbortSignal, onWait: (waitMs: number) => void): Promise<void> {
    for (;;) {
      const waitMs = this.openAtMs - performance.now();
      if (waitMs <= 0) return;
      onWait(waitMs);
      await pause(waitMs, signal);
    }
  }
}
