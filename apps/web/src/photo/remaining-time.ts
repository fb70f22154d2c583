/** How many of the latest photos the pace is taken from. */
const SAMPLE = 8;

/** What is known about the photos under way. Times in milliseconds. */
export interface CapacityEstimate {
  nowMs: number;
  /** When photos were finished, in order. */
  finishedMs: readonly number[];
  /** Photos not finished yet. */
  remaining: number;
  /** What the service says about those it has, the latest. */
  etaMs: number | undefined;
}

/**
 * Milliseconds until all photos are likely done: from the pace of the last ones, and before there is a pace, from the
 * service's word. Undefined when nothing is known.
 */
export function remainingMs({ nowMs, finishedMs, remaining, etaMs }: CapacityEstimate): number | undefined {
  if (remaining === 0) return undefined;
  const recent = finishedMs.slice(-SAMPLE);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || recent.length < 2) return etaMs;
  const paceMs = (last - first) / (recent.length - 1);
  // The next one has been in work since the last was done; when it takes longer than usual, that is the new pace.
  return Math.max(paceMs * remaining - (nowMs - last), paceMs * (remaining - 1), 1_000);
}
