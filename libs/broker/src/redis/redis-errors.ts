import { Problem } from '#contracts/problem-catalog.js';

const FULL = /^OOM command not allowed/;

/**
 * Runs a Redis call and maps its errors to problems. Errors of ioredis contain the command with its arguments, which may be
 * payload, so they are dropped and not set as a cause.
 */
export async function mapRedisErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw brokerProblem(error);
  }
}

/** Retries of reads after a lost connection, which is restored in a fraction of this time. */
const READ_RETRY_MS = 2000;
const READ_PAUSE_MS = 50;

/** Retries of a step that must follow the commands that were sent before an outage. */
const OUTAGE_MS = 30_000;
const OUTAGE_PAUSE_MS = 250;

/**
 * Runs an idempotent step, and retries it while Redis is unreachable, for up to `timeoutMs` after the first failure.
 * @throws what the last try threw
 */
export async function retryWhileUnreachable<T>(
  step: () => Promise<T>,
  { timeoutMs, pauseMs }: { timeoutMs: number; pauseMs: number },
): Promise<T> {
  for (let until: number | undefined; ;) {
    try {
      return await step();
    } catch (error) {
      until ??= performance.now() + timeoutMs;
      if (!isUnreachable(error) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/**
 * Runs a read, and retries it for up to two seconds when the connection is lost. Writes are not retried: whether a write
 * was done before the loss is unknown.
 * @throws Problem `broker-unavailable`
 */
export const mapRedisReadErrors = <T>(read: () => Promise<T>): Promise<T> =>
  retryWhileUnreachable(() => mapRedisErrors(read), { timeoutMs: READ_RETRY_MS, pauseMs: READ_PAUSE_MS });

/**
 * Runs an idempotent step. When the connection is lost, it is retried in the background until it succeeds, for up to 30 s:
 * a command sent before the loss may still reach Redis, and the step that ends its job must follow it. Resolves after the
 * first try; never rejects.
 */
export async function throughOutage(step: () => Promise<unknown>): Promise<void> {
  const attempt = (): Promise<boolean> =>
    mapRedisErrors(step).then(
      () => true,
      (error: unknown) => !isUnreachable(error),
    );
  if (await attempt()) return;
  void (async () => {
    for (const until = performance.now() + OUTAGE_MS; performance.now() < until;) {
      await new Promise((resolve) => setTimeout(resolve, OUTAGE_PAUSE_MS).unref());
      if (await attempt()) return;
    }
  })();
}

/** True for the problem of an unreachable Redis. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'broker-unavailable';

/** An error, with those of the commands for which Redis discarded a transaction (`EXECABORT`). */
function errorsOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const { previousErrors = [] } = error as { previousErrors?: Error[] };
  return [error, ...previousErrors];
}

/** The problem for an error of Redis or BullMQ. Problems are returned unchanged. */
export function brokerProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (errorsOf(error).some(({ message }) => FULL.test(message)))
    return new Problem('capacity-exhausted', { retryAfterS: 5 });
  return new Problem('broker-unavailable', { retryAfterS: 2 });
}
