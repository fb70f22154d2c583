import { isProblemCode, Problem, type ProblemCode } from '#contracts/problem-catalog.js';

const FULL = /^OOM command not allowed/;

/**
 * Runs a Redis call and turns whatever it throws into a problem. ioredis errors carry the command with its
 * arguments, which may be payload; nothing of them is kept, not even as a cause.
 */
export async function mapRedisErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw brokerProblem(error);
  }
}

/** How long a read is repeated after its connection was lost: that takes a fraction of it to be made anew. */
const REPEAT_MS = 2000;
const PAUSE_MS = 50;

/** How long, and how often, a step is repeated that must come after whatever was sent before an outage. */
const OUTAGE_MS = 30_000;
const OUTAGE_PAUSE_MS = 250;

/**
 * Runs a call that changes nothing, and again when the connection is lost under it, for up to two seconds after the
 * first loss. Calls that change something fail at once instead: nobody knows whether they were done.
 * @throws Problem `broker-unavailable`
 */
export async function mapRedisReadErrors<T>(read: () => Promise<T>): Promise<T> {
  for (let until: number | undefined; ;) {
    try {
      return await mapRedisErrors(read);
    } catch (error) {
      until ??= performance.now() + REPEAT_MS;
      const isLoss = error instanceof Problem && error.code === 'broker-unavailable';
      if (!isLoss || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/**
 * Runs a step that may be repeated, and again in the background when the connection is lost, until it has succeeded once
 * or 30 s are over: a command sent before the loss may still reach Redis, and what ends its job must come after it.
 * Resolves after the first try; never rejects.
 */
export async function throughOutage(step: () => Promise<unknown>): Promise<void> {
  const attempt = (): Promise<boolean> =>
    mapRedisErrors(step).then(
      () => true,
      (error: unknown) => !(error instanceof Problem && error.code === 'broker-unavailable'),
    );
  if (await attempt()) return;
  void (async () => {
    for (const until = performance.now() + OUTAGE_MS; performance.now() < until;) {
      await new Promise((resolve) => setTimeout(resolve, OUTAGE_PAUSE_MS).unref());
      if (await attempt()) return;
    }
  })();
}

/** The problem behind a failure of Redis or BullMQ. Our own problems pass unchanged. */
export function brokerProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const message = error instanceof Error ? error.message : '';
  if (FULL.test(message)) return new Problem('capacity-exhausted', { retryAfterS: 5 });
  return new Problem('broker-unavailable', { retryAfterS: 2 });
}

/** A failure code read from Redis; anything unknown reads as a plain failure. */
export const failureCode = (text: string | undefined): ProblemCode =>
  text !== undefined && isProblemCode(text) ? text : 'processing-failed';
