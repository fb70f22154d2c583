import { CommandError, EXIT } from './exit.codes.js';

const LIMIT_MS = 5_000;
const TRIES = 3;

/**
 * Makes sure that something answers, before the patience for outages begins: a mistyped address is not waited for.
 * @throws CommandError that says what can be done | the signal's reason
 */
export async function requireService(origin: string, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      const answer = await fetch(`${origin}/healthz`, { signal: limit });
      await answer.body?.cancel();
      return;
    } catch {
      signal.throwIfAborted();
      if (tries < TRIES) await new Promise((resolve) => setTimeout(resolve, 300 * tries));
      else break;
    }
  }
  throw new CommandError(
    `Nothing answers at ${origin}. Start the service there (npm start), name another with --server, or let this ` +
      'run start one with --local.',
    EXIT.service,
  );
}
