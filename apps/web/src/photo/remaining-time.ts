/** Number of latest photos that the estimate uses. */
const SAMPLE = 8;

/** Inputs of the estimate. Times in milliseconds. */
export interface RemainingTimeInput {
  nowMs: number;
  /** Finish times of photos, in order. */
  finishedMs: readonly number[];
  /** Photos not finished yet. */
  remaining: number;
  /** The latest estimate of the service for its photos. */
  etaMs: number | undefined;
}

/**
 * Estimated milliseconds until all photos are done: from the rate of the latest photos, or from the service until there is
 * a rate. Undefined if nothing is known.
 */
export function remainingMs({ nowMs, finishedMs, remaining, etaMs }: RemainingTimeInput): number | undefined {
  if (remaining === 0) return undefined;
  const recent = finishedMs.slice(-SAMPLE);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || recent.length < 2) return etaMs;
  const intervalMs = (last - first) / (recent.length - 1);
  // If the current photo takes longer than the others, the estimate stops decreasing.
  return Math.max(intervalMs * remaining - (nowMs - last), intervalMs * (remaining - 1), 1_000);
}
