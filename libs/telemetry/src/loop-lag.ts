import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

/** Event loop lag of this process. */
export class LoopLag {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.delays.enable();
  }

  /** 99th percentile since the last call, in seconds. The histogram contains the time between two ticks of a timer. */
  takeS(): number {
    const ms = this.delays.percentile(99) / 1e6;
    this.delays.reset();
    return Math.max(0, ms - RESOLUTION_MS) / 1000;
  }

  /** Stops the measurement. */
  stop(): void {
    this.delays.disable();
  }
}
