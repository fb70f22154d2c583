import { pause } from '#sdk/retry-policy.js';

/** Connection to the service; `lost` means online without an answer. */
export type ConnectionState = 'online' | 'offline' | 'lost';

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 10_000;
/** Retries while the browser is online: about two minutes. */
const MAX_RETRIES = 15;

/** Tracks whether the service is reachable, from browser events and the outcome of requests. */
export class ConnectionMonitor {
  private failures = 0;
  private isOnline = navigator.onLine;

  constructor(private readonly onChange: (state: ConnectionState) => void) {
    addEventListener('online', () => this.set(() => (this.isOnline = true)));
    addEventListener('offline', () => this.set(() => (this.isOnline = false)));
    onChange(this.state);
  }

  /** The current state. */
  get state(): ConnectionState {
    if (!this.isOnline) return 'offline';
    return this.failures > 0 ? 'lost' : 'online';
  }

  /** `fetch` that reports its outcome to the monitor. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    try {
      const response = await globalThis.fetch(input, init);
      this.recordSuccess();
      return response;
    } catch (error) {
      if (init?.signal?.aborted !== true) this.recordFailure();
      throw error;
    }
  };

  /** Records a request that was answered. */
  recordSuccess(): void {
    this.set(() => (this.failures = 0));
  }

  /** Records a request that failed. */
  recordFailure(): void {
    this.set(() => this.failures++);
  }

  /**
   * Waits before a retry: until the browser is online, then with an increasing delay.
   * @param attempt number of retries so far
   * @returns false if there were too many retries
   */
  async waitForRetry(attempt: number, signal: AbortSignal): Promise<boolean> {
    while (!this.isOnline) await this.waitUntilOnline(signal);
    if (attempt >= MAX_RETRIES) return false;
    await pause(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 1.5 ** attempt), signal);
    return true;
  }

  private waitUntilOnline(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const done = new AbortController();
      const onOnline = (): void => {
        done.abort();
        resolve();
      };
      const onAbort = (): void => {
        done.abort();
        reject(signal.reason as Error);
      };
      addEventListener('online', onOnline, { signal: done.signal });
      signal.addEventListener('abort', onAbort, { signal: done.signal });
    });
  }

  private set(change: () => unknown): void {
    const before = this.state;
    change();
    if (this.state !== before) this.onChange(this.state);
  }
}
