import { promises as dns } from 'node:dns';
import { Problem } from '#contracts/problem-catalog.js';

/**
 * All addresses of a name; an empty list when it does not exist.
 * @throws Problem `image-url-failed` when the name servers do not answer
 */
export type NameResolver = (name: string, signal: AbortSignal) => Promise<string[]>;

const ONE_TRY_MS = 2000;
const TRIES = 2;

const NO_SUCH = new Set<unknown>(['ENOTFOUND', 'ENODATA']);

/**
 * Queries the name servers of this machine, or those given, for A and AAAA records. `dns.lookup` reads /etc/hosts and search
 * domains, which have internal names, and blocks a thread of the pool without a timeout; this can be aborted.
 */
export const nameResolver =
  (servers?: readonly string[]): NameResolver =>
  async (name, signal) => {
    const resolver = new dns.Resolver({ timeout: ONE_TRY_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const giveUp = (): void => resolver.cancel();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      const unsure = [v4, v6].some((answer) => answer.status === 'rejected' && !isNoSuch(answer.reason));
      if (found.length === 0 && unsure) throw new Problem('image-url-failed', { detail: NO_ANSWER });
      return found;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };

const NO_ANSWER = 'The name of the host could not be resolved';

const isNoSuch = (error: unknown): boolean => NO_SUCH.has((error as NodeJS.ErrnoException).code);
