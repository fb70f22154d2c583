import { element } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { clearText, setText } from '../i18n/page-words.js';
import type { Params } from '../i18n/i18n.js';
import type { PhotoEntry } from './photo-entry.js';
import { isInProgress, progressOf, type Phase } from './photo-state.js';
import { remainingMs } from './remaining-time.js';

/** Page elements that show the progress of all photos. */
export interface HeadPlaces {
  section: HTMLElement;
  summary: HTMLElement;
  left: HTMLElement;
  bar: HTMLProgressElement;
  saveAll: HTMLButtonElement;
  cancelAll: HTMLButtonElement;
  removeAll: HTMLButtonElement;
}

const TICK_MS = 1_000;

/** Shows how many photos are done, the overall progress and the remaining time. */
export class ListHead {
  private entries: readonly PhotoEntry[] = [];
  private readonly finishedMs: number[] = [];
  private readonly finished = new WeakSet<PhotoEntry>();
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly places: HeadPlaces) {}

  /** Updates the head for these photos. */
  show(entries: readonly PhotoEntry[]): void {
    this.entries = entries;
    this.recordFinished();
    const { section, summary, saveAll, cancelAll, removeAll } = this.places;
    const { length: count } = entries;
    const done = this.count('done');
    const failed = this.count('failed');
    section.hidden = count === 0;
    document.body.classList.toggle('at-work', count > 0);
    if (failed > 0) setText(summary, 'summary.failed', { done, count, failed });
    else setText(summary, 'summary', { done, count });
    const inProgress = entries.filter(({ state }) => isInProgress(state)).length;
    saveAll.hidden = done < 2;
    cancelAll.hidden = inProgress < 2;
    removeAll.hidden = count - inProgress < 2 || inProgress > 0;
    this.showTime(inProgress);
    if (inProgress > 0) this.ticker ??= setInterval(() => this.showTime(this.inProgress), TICK_MS);
    else this.stop();
  }

  private get inProgress(): number {
    return this.entries.filter(({ state }) => isInProgress(state)).length;
  }

  private count(phase: Phase): number {
    return this.entries.filter(({ state }) => state.phase === phase).length;
  }

  /** Records when photos finished, for the estimate. Failures do not count. */
  private recordFinished(): void {
    for (const entry of this.entries) {
      if (entry.state.phase !== 'done' || this.finished.has(entry)) continue;
      this.finished.add(entry);
      this.finishedMs.push(performance.now());
    }
  }

  private showTime(remaining: number): void {
    const { bar, left } = this.places;
    bar.hidden = remaining === 0;
    bar.value =
      this.entries.reduce((sum, { state }) => sum + progressOf(state), 0) / (this.entries.length || 1);
    const etas = this.entries.map(({ state }) => (state.phase === 'queued' ? (state.etaMs ?? 0) : 0));
    const etaMs = Math.max(0, ...etas) || undefined;
    const ms = remainingMs({ nowMs: performance.now(), finishedMs: this.finishedMs, remaining, etaMs });
    if (ms === undefined) clearText(left);
    else setText(left, 'summary.left', { time: { ms } });
  }

  private stop(): void {
    clearInterval(this.ticker);
    this.ticker = undefined;
    // The next photos get a new estimate.
    this.finishedMs.length = 0;
  }
}

/** Shows a message for a few seconds. Screen readers announce it. */
export function flash(into: HTMLElement, key: TextKey, params: Params = {}): void {
  const line = setText(element('p'), key, params);
  into.replaceChildren(line);
  setTimeout(() => line.remove(), 8_000);
}
