import { residentBytes } from '#retention/process-memory.js';

/** A decoder takes a gigabyte in half a second at most. */
const LOOK_EVERY_MS = 50;

/**
 * Looks at the memory of a process while it works, and tells once when it takes too much more than at rest. A limit of
 * the kernel would do the same, but cannot tell whose fault it is; without /proc nothing is seen.
 */
export class MemoryWatch {
  #pid = 0;
  #restBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly maxBytes: number,
    private readonly onOverflow: () => void,
  ) {}

  /** The process is ready, and does nothing. */
  rest(pid: number): void {
    this.#pid = pid;
    this.#restBytes = residentBytes(pid) ?? 0;
  }

  /** Work begins. */
  start(): void {
    if (this.maxBytes === Infinity) return;
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Nothing is being worked on. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const bytes = residentBytes(this.#pid) ?? 0;
    if (bytes - this.#restBytes <= this.maxBytes) return;
    this.stop();
    this.onOverflow();
  }
}
