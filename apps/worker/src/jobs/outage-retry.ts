import { Problem } from '#contracts/problem-catalog.js';
import { Cancelled } from '../engine/engine-contract.js';

const TIMEOUT_MS = 30_000;
const RETRY_MS = 250;

/**
 * Retries an idempotent step on Redis through a short outage, so that finished work is kept. The fence of the attempt
 * makes a late success harmless.
 * @throws what the last try threw
 * @throws Cancelled when the step failed and `signal` is aborted
 */
export async function retryThroughOutage<T>(step: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const until = Date.now() + TIMEOUT_MS; ;) {
    try {
      return await step();
    } catch (error) {
      const isTransient =
        error instanceof Problem &&
        (error.code === 'broker-unavailable' || error.code === 'capacity-exhausted');
      if (!isTransient || Date.now() > until) throw error;
      if (signal?.aborted === true) throw new Cancelled();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
