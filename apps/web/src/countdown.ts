/** A timer that can be paused. It starts at once. */
export class Countdown {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private startedMs = 0;

  constructor(
    private remainingMs: number,
    private readonly onEnd: () => void,
  ) {
    this.resume();
  }

  /** Stops the timer and keeps the remaining time. */
  pause(): void {
    if (this.timer === undefined) return;
    this.cancel();
    this.remainingMs -= performance.now() - this.startedMs;
  }

  /** Continues after a pause. */
  resume(): void {
    if (this.timer !== undefined) return;
    this.startedMs = performance.now();
    this.timer = setTimeout(this.onEnd, this.remainingMs);
  }

  /** Stops the timer. `onEnd` is not called. */
  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
