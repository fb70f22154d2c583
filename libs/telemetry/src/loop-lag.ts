import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

/** How late timers of this process are. */
export class LoopLag {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.delays.enable();
  }

  /** 99th percentile since the last call, in seconds. What is measured is the time between two ticks of a timer. */
  takeS(): number {
    const ms = this.delays.percentile(99) / 1e6;
    this.delays.reset();
    return Math.max(0, ms - RESOLUTION_MS) / 1000;
  }

  /** Ends measuring. */
  stop(): void {
    this.delays.disable();
  }
}
