import { pause } from './abortable-pause.js';
import { RemoveBgError } from './removebg-error.js';

/** Word of a request that has to be sent again. */
export interface Waiting {
  /** Why. */
  code: RemoveBgError['code'];
  /** Milliseconds until it is sent again. */
  ms: number;
}

/** How long to go on asking. */
export interface RetryPolicy {
  signal: AbortSignal;
  /** Time after the first failure in which the service has to come round, in milliseconds. */
  patienceMs: number;
  /** First pause when the service names none; doubles, up to 10 s. */
  retryMs: number;
  /** True when the wait of this refusal does not use the patience up. */
  isFree?: (problem: RemoveBgError) => boolean;
  onWait?: ((waiting: Waiting) => void) | undefined;
}

const MAX_PAUSE_MS = 10_000;
/** Clients that were refused together must not come back together. */
const SPREAD = 0.1;

/**
 * Sends a request until it is answered otherwise than "later" or not at all. `Retry-After` is obeyed: a request is
 * never repeated sooner.
 * @throws RemoveBgError any other answer, or the last one when the patience has come to an end | the signal's reason
 */
export async function retry<T>(attempt: () => Promise<T>, patience: RetryPolicy): Promise<T> {
  const { signal, patienceMs, retryMs, isFree, onWait } = patience;
  let leftMs = patienceMs;
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    const began = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof RemoveBgError) || !error.isRepeatable) throw error;
      const ownMs = Math.min(MAX_PAUSE_MS, retryMs * 2 ** failures);
      const ms = (error.retryAfterMs ?? ownMs) * (1 + SPREAD * Math.random());
      if (isFree?.(error) !== true) leftMs -= ms + (failures === 0 ? 0 : performance.now() - began);
      if (leftMs < 0) throw error;
      onWait?.({ code: error.code, ms });
      await pause(ms, signal);
    }
  }
}

/** Ends a request that took too long. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';

  constructor(readonly limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
  }
}

/**
 * Runs a request that must not take longer than `limitMs`: a connection on which nothing moves counts as broken.
 * @throws RemoveBgError `connection-lost` | whatever `run` throws | the signal's reason
 */
export async function withTimeout<T>(
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Not AbortSignal.any: a signal that lives for thousands of requests must not collect something of each.
  const cut = new AbortController();
  const onAbort = (): void => cut.abort(signal.reason);
  const timer = setTimeout(() => cut.abort(new TimeLimitError(limitMs)), limitMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await run(cut.signal);
  } catch (error) {
    const isLate = cut.signal.aborted && !signal.aborted;
    if (!isLate || error instanceof RemoveBgError) throw error;
    throw new RemoveBgError('connection-lost', {}, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
