import { pause } from '#sdk/abortable-pause.js';

/** How the page stands with the service. */
export type NetState = 'well' | 'offline' | 'lost';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** Patience with a service that does not answer though there is a network: about two minutes. */
const MAX_PAUSES = 15;

/** Knows whether the service can be reached, from what the browser says and from how calls go. */
export class NetWatch {
  private failures = 0;
  private isOnline = navigator.onLine;

  constructor(private readonly onChange: (state: NetState) => void) {
    addEventListener('online', () => this.set(() => (this.isOnline = true)));
    addEventListener('offline', () => this.set(() => (this.isOnline = false)));
    onChange(this.state);
  }

  /** How it stands now. */
  get state(): NetState {
    if (!this.isOnline) return 'offline';
    return this.failures > 0 ? 'lost' : 'well';
  }

  /** `fetch` that is listened to. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    try {
      const response = await globalThis.fetch(input, init);
      this.answered();
      return response;
    } catch (error) {
      if (init?.signal?.aborted !== true) this.failed();
      throw error;
    }
  };

  /** A call came through. */
  answered(): void {
    this.set(() => (this.failures = 0));
  }

  /** A call did not come through. */
  failed(): void {
    this.set(() => this.failures++);
  }

  /**
   * Waits until trying again makes sense: for the network, without end, and a moment for the service.
   *
   * @param attempt 0 at first
   * @returns false when patience is at its end
   */
  async untilWorthTrying(attempt: number, signal: AbortSignal): Promise<boolean> {
    while (!this.isOnline) await this.nextOnline(signal);
    if (attempt >= MAX_PAUSES) return false;
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.5 ** attempt), signal);
    return true;
  }

  private nextOnline(signal: AbortSignal): Promise<void> {
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
