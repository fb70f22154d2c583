import { Problem } from '#contracts/problem-catalog.js';
import { Cancelled } from '../engine/engine-contract.js';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 250;

/**
 * Repeats an idempotent step on Redis through an outage, so that finished work is not thrown away for a blink of
 * the network. The attempt's fence makes a late success harmless.
 * @throws whatever the last try threw
 * @throws Cancelled when it cannot be done and `signal` says that nobody needs it any more
 */
export async function retryThroughOutage<T>(step: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try {
      return await step();
    } catch (error) {
      const passing =
        error instanceof Problem &&
        (error.code === 'broker-unavailable' || error.code === 'capacity-exhausted');
      if (!passing || Date.now() > until) throw error;
      if (signal?.aborted === true) throw new Cancelled();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
