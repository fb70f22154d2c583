import { element } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { empty, put } from '../i18n/page-words.js';
import type { Params } from '../i18n/i18n.js';
import type { PhotoEntry } from './photo-entry.js';
import { isUnderway, wayOf, type Phase } from './photo-state.js';
import { remainingMs } from './remaining-time.js';

/** Parts of the page that tell about all photos together. */
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

/** Tells how many photos are done, how far all of them are, and how long it will take. */
export class ListHead {
  private entries: readonly PhotoEntry[] = [];
  private readonly finishedMs: number[] = [];
  private readonly finished = new WeakSet<PhotoEntry>();
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly places: HeadPlaces) {}

  /** Shows how things stand. */
  show(entries: readonly PhotoEntry[]): void {
    this.entries = entries;
    this.note();
    const { section, summary, saveAll, cancelAll, removeAll } = this.places;
    const { length: count } = entries;
    const done = this.count('done');
    const failed = this.count('failed');
    section.hidden = count === 0;
    document.body.classList.toggle('at-work', count > 0);
    if (failed > 0) put(summary, 'summary.failed', { done, count, failed });
    else put(summary, 'summary', { done, count });
    const underway = entries.filter(({ state }) => isUnderway(state)).length;
    saveAll.hidden = done < 2;
    cancelAll.hidden = underway < 2;
    removeAll.hidden = count - underway < 2 || underway > 0;
    this.showTime(underway);
    if (underway > 0) this.ticker ??= setInterval(() => this.showTime(this.underway), TICK_MS);
    else this.stop();
  }

  private get underway(): number {
    return this.entries.filter(({ state }) => isUnderway(state)).length;
  }

  private count(phase: Phase): number {
    return this.entries.filter(({ state }) => state.phase === phase).length;
  }

  /** Notes when photos were done: the pace. A failure tells nothing about that. */
  private note(): void {
    for (const entry of this.entries) {
      if (entry.state.phase !== 'done' || this.finished.has(entry)) continue;
      this.finished.add(entry);
      this.finishedMs.push(performance.now());
    }
  }

  private showTime(remaining: number): void {
    const { bar, left } = this.places;
    bar.hidden = remaining === 0;
    bar.value = this.entries.reduce((sum, { state }) => sum + wayOf(state), 0) / (this.entries.length || 1);
    const etas = this.entries.map(({ state }) => (state.phase === 'queued' ? (state.etaMs ?? 0) : 0));
    const etaMs = Math.max(0, ...etas) || undefined;
    const ms = remainingMs({ nowMs: performance.now(), finishedMs: this.finishedMs, remaining, etaMs });
    if (ms === undefined) empty(left);
    else put(left, 'summary.left', { time: { ms } });
  }

  private stop(): void {
    clearInterval(this.ticker);
    this.ticker = undefined;
    // What comes after a rest has a pace of its own.
    this.finishedMs.length = 0;
  }
}

/** A line that tells something for a while, and is read out. */
export function flash(into: HTMLElement, key: TextKey, params: Params = {}): void {
  const line = put(element('p'), key, params);
  into.replaceChildren(line);
  setTimeout(() => line.remove(), 8_000);
}
