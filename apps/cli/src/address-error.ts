import { pause } from '#sdk/retry-policy.js';

/** Codes of addresses that could not be read or written. */
export type AddressCode =
  | 'address-expired'
  | 'input-unavailable'
  | 'input-too-large'
  | 'output-unavailable'
  | 'output-refused'
  | 'output-exists';

/** How an exchange with an address failed. */
export interface AddressFault {
  code: AddressCode;
  /** One sentence without the address, whose query may be a secret. */
  message: string;
  /** True when the same request can succeed later. */
  isRepeatable: boolean;
  /** Minimum delay before a retry, milliseconds. */
  retryAfterMs?: number | undefined;
}

/** An address of a manifest could not be read or written. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code: AddressCode;
  readonly isRepeatable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Number of requests so far. */
  attempts = 1;

  constructor({ code, message, isRepeatable, retryAfterMs }: AddressFault, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.isRepeatable = isRepeatable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Requests to one address before it fails. */
export const MAX_REQUESTS = 5;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
/** A longer `Retry-After` is not waited for in full. */
const MAX_RETRY_AFTER_MS = 60_000;
/** Random part added to each delay, so that requests that failed together return at different times. */
const JITTER = 0.25;

/**
 * Sends a request and repeats it while it fails with a repeatable error, at most four times.
 * @throws AddressError with the number of attempts | the signal's reason
 */
export async function repeated<T>(
  request: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ value: T; attempts: number }> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return { value: await request(), attempts };
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      error.attempts = attempts;
      if (!error.isRepeatable || attempts === MAX_REQUESTS) throw error;
      const backoffMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
      const ms = Math.min(MAX_RETRY_AFTER_MS, error.retryAfterMs ?? backoffMs);
      await pause(ms * (1 + JITTER * Math.random()), signal);
    }
  }
}
