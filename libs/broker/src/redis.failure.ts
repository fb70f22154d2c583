import { isProblemCode, Problem, type ProblemCode } from '#contracts/problem.catalogue.js';

const FULL = /^OOM command not allowed/;

/**
 * Runs a Redis call and turns whatever it throws into a problem. ioredis errors carry the command with its
 * arguments, which may be payload; nothing of them is kept, not even as a cause.
 */
export async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw brokerProblem(error);
  }
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
