import { isInProgress, type PhotoState } from './photo-state.js';

/** Number of latest photos that the estimate uses. */
const SAMPLE = 8;

/** Inputs of the estimate. Times in milliseconds. */
export interface RemainingTimeInput {
  nowMs: number;
  /** Finish times of photos, in order. */
  finishedMs: readonly number[];
  /** Photos not finished yet, of which the service has `estimated` with an estimate. */
  remaining: number;
  estimated: number;
  /** When the service expects the last of them to be done. */
  endMs: number;
}

/**
 * Estimated milliseconds until all photos are done: from the rate of the latest photos, or from the service until there is
 * a rate. Undefined if nothing is known.
 */
export function remainingMs(input: RemainingTimeInput): number | undefined {
  const { nowMs, finishedMs, remaining, estimated, endMs } = input;
  if (remaining === 0) return undefined;
  const recent = finishedMs.slice(-SAMPLE);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || recent.length < 2) {
    if (estimated === 0) return undefined;
    // The photos that are not sent yet take as long as those at the service.
    return Math.max(1_000, (endMs - nowMs) * (remaining / estimated));
  }
  const intervalMs = (last - first) / (recent.length - 1);
  // If the current photo takes longer than the others, the estimate stops decreasing.
  return Math.max(intervalMs * remaining - (nowMs - last), intervalMs * (remaining - 1), 1_000);
}

/** A later estimate is shown only if it exceeds the shown one by this factor and by this many milliseconds. */
const LATER_FACTOR = 1.5;
const LATER_MS = 4_000;

/** A photo whose progress counts. */
interface Measured {
  state: PhotoState;
}

/** The remaining time of all photos. It falls with the clock, and rises only if it was clearly wrong. */
export class RemainingTime {
  private finishedMs: number[] = [];
  private finished = new WeakSet<Measured>();
  /** When the service expects a photo to be done, and the state that says so. */
  private readonly ends = new WeakMap<Measured, { state: PhotoState; endMs: number }>();
  private shownEndMs: number | undefined;

  /** The time to show, milliseconds; undefined if nothing is in progress or nothing is known. */
  next(photos: readonly Measured[], nowMs: number): number | undefined {
    for (const photo of photos) this.record(photo, nowMs);
    const inProgress = photos.filter(({ state }) => isInProgress(state));
    const ends = inProgress.flatMap((photo) => this.ends.get(photo)?.endMs ?? []);
    const estimateMs = remainingMs({
      ...{ nowMs, finishedMs: this.finishedMs, remaining: inProgress.length },
      ...{ estimated: ends.length, endMs: Math.max(...ends) },
    });
    if (inProgress.length === 0) this.reset();
    return estimateMs === undefined ? undefined : this.falling(estimateMs, nowMs);
  }

  /** Records when photos finish, for the rate, and what the service expects. Failures do not count. */
  private record(photo: Measured, nowMs: number): void {
    const { state } = photo;
    if (state.phase === 'done' && !this.finished.has(photo)) {
      this.finished.add(photo);
      this.finishedMs.push(nowMs);
    }
    if (state.phase !== 'queued' || state.etaMs === undefined || this.ends.get(photo)?.state === state)
      return;
    this.ends.set(photo, { state, endMs: nowMs + state.etaMs });
  }

  private falling(estimateMs: number, nowMs: number): number {
    const shownMs = this.shownEndMs === undefined ? Infinity : Math.max(0, this.shownEndMs - nowMs);
    const isClearlyLater = estimateMs > shownMs * LATER_FACTOR && estimateMs > shownMs + LATER_MS;
    if (estimateMs < shownMs || isClearlyLater) this.shownEndMs = nowMs + estimateMs;
    return Math.max(0, (this.shownEndMs ?? nowMs) - nowMs);
  }

  /** The next photos get a new estimate. */
  private reset(): void {
    this.finishedMs = [];
    this.shownEndMs = undefined;
  }
}
