import { residentBytes } from '#retention/process-memory.js';

/** A decoder allocates at most a gigabyte in half a second. */
const CHECK_INTERVAL_MS = 50;

/**
 * Checks the resident memory of a process while it works, and reports once when it exceeds the memory at rest by more
 * than `maxBytes`. A limit of the kernel would not show which image caused it. Without effect where there is no /proc.
 */
export class MemoryWatch {
  private pid = 0;
  private baselineBytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly maxBytes: number,
    private readonly onOverflow: () => void,
  ) {}

  /** Takes the memory of the idle process as the baseline. */
  setBaseline(pid: number): void {
    this.pid = pid;
    this.baselineBytes = residentBytes(pid) ?? 0;
  }

  /** Starts checking. */
  start(): void {
    if (this.maxBytes === Infinity) return;
    this.timer ??= setInterval(() => this.check(), CHECK_INTERVAL_MS);
  }

  /** Stops checking. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private check(): void {
    const bytes = residentBytes(this.pid) ?? 0;
    if (bytes - this.baselineBytes <= this.maxBytes) return;
    this.stop();
    this.onOverflow();
  }
}
