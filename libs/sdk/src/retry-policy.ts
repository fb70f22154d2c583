import { RemoveBgError } from './removebg-error.js';

/** A request that will be sent again. */
export interface Waiting {
  /** Code of the error that caused the wait. */
  code: RemoveBgError['code'];
  /** Milliseconds until the request is sent again. */
  ms: number;
}

/** When and for how long to retry. */
export interface RetryPolicy {
  signal: AbortSignal;
  /** Time after the first failure in which a retry must succeed, milliseconds. */
  maxRetryMs: number;
  /** First delay when the service names none, milliseconds; doubles with each retry, up to 10 s. */
  retryMs: number;
  /** True for errors whose delays do not count towards `maxRetryMs`. */
  isUnlimited?: (problem: RemoveBgError) => boolean;
  onWait?: ((waiting: Waiting) => void) | undefined;
}

const MAX_DELAY_MS = 10_000;
/** Random part added to each delay, so that clients that were refused together return at different times. */
const JITTER = 0.1;

/**
 * Sends a request and repeats it while it fails with a repeatable error. Never repeats sooner than `Retry-After` says.
 * @throws RemoveBgError any other error, or the last one when `maxRetryMs` has passed | the signal's reason
 */
export async function retry<T>(attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  const { signal, maxRetryMs, retryMs, isUnlimited, onWait } = policy;
  let leftMs = maxRetryMs;
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof RemoveBgError) || !error.isRepeatable) throw error;
      const backoffMs = Math.min(MAX_DELAY_MS, retryMs * 2 ** failures);
      const ms = (error.retryAfterMs ?? backoffMs) * (1 + JITTER * Math.random());
      if (isUnlimited?.(error) !== true) leftMs -= ms + (failures === 0 ? 0 : performance.now() - startedAt);
      if (leftMs < 0) throw error;
      onWait?.({ code: error.code, ms });
      await pause(ms, signal);
    }
  }
}

/** Resolves after `ms`. @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** A request exceeded its time limit. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';

  constructor(readonly limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
  }
}

/**
 * Runs a request with a time limit in milliseconds. A request over the limit is aborted and counts as a lost connection.
 * @throws RemoveBgError `connection-lost` | whatever `run` throws | the signal's reason
 */
export async function withTimeout<T>(
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Not AbortSignal.any: a signal that serves thousands of requests would keep a reference for each of them.
  const request = new AbortController();
  const onAbort = (): void => request.abort(signal.reason);
  const timer = setTimeout(() => request.abort(new TimeLimitError(limitMs)), limitMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await run(request.signal);
  } catch (error) {
    const isTimeout = request.signal.aborted && !signal.aborted;
    if (!isTimeout || error instanceof RemoveBgError) throw error;
    throw new RemoveBgError('connection-lost', {}, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
