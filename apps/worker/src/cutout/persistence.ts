import { Problem } from '#contracts/problem.catalogue.js';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 250;

/**
 * Repeats an idempotent step on Redis through an outage, so that finished work is not thrown away for a blink of
 * the network. The attempt's fence makes a late success harmless.
 * @throws whatever the last try threw
 */
export async function persist<T>(step: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try {
      return await step();
    } catch (error) {
      const passing =
        error instanceof Problem &&
        (error.code === 'broker-unavailable' || error.code === 'capacity-exhausted');
      if (!passing || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
