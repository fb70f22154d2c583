import type { Stage } from '#contracts/job.states.js';
import type { ResultFacts } from '#contracts/job.view.js';
import type { Advice } from './problem.advice.js';
import { clockText, durationText, placeText } from './quantity.text.js';

/** Whether the service has confirmed that nothing is left of a photo. */
export type PurgeMark = { known: false; checking: boolean } | { known: true; at: Date };

/** A finished cut-out: it exists only in this page from here on. */
export interface Cutout {
  image: Blob;
  width: number;
  height: number;
  format: ResultFacts['format'];
}

/** Where one photo stands. */
export type PhotoState =
  | { phase: 'waiting' }
  | { phase: 'paused'; waitMs: number }
  | { phase: 'uploading'; percent: number }
  | { phase: 'queued'; position: number | undefined; etaMs: number | undefined }
  | { phase: 'working'; stage: Stage | undefined; percent: number; attempt: number }
  | { phase: 'receiving' }
  | { phase: 'done'; cutout: Cutout; purge: PurgeMark }
  | { phase: 'failed'; advice: Advice; mayRetry: boolean }
  | { phase: 'cancelled' };

/** Name of a phase; the style sheet knows them too. */
export type Phase = PhotoState['phase'];

const STAGE_TEXT: Record<Stage, string> = {
  fetch: 'Opening the photo',
  decode: 'Reading the pixels',
  infer: 'Finding the subject',
  refine: 'Looking at its edges',
  compose: 'Cutting it out',
  encode: 'Writing the image',
  store: 'Sealing the result',
};

function queuedText(position: number | undefined, etaMs: number | undefined): string {
  const place = position === undefined ? 'In line' : placeText(position);
  return etaMs === undefined ? place : `${place}, ${durationText(etaMs)}`;
}

function workingText(stage: Stage | undefined, attempt: number): string {
  const text = stage ? STAGE_TEXT[stage] : 'Starting';
  return attempt > 1 ? `${text} (attempt ${attempt})` : text;
}

/** What a person is told about a state; changes rarely enough to be read out. */
export function statusText(state: PhotoState): string {
  switch (state.phase) {
    case 'waiting':
      return 'Waits for its turn on this page';
    case 'paused':
      return `The service is busy. Goes on by itself in ${durationText(state.waitMs)}`;
    case 'uploading':
      return state.percent < 100 ? 'Uploading' : 'Uploaded, waiting for a place';
    case 'queued':
      return queuedText(state.position, state.etaMs);
    case 'working':
      return workingText(state.stage, state.attempt);
    case 'receiving':
      return 'Receiving the result';
    case 'done':
      return 'Done';
    case 'failed':
      return state.advice.title;
    case 'cancelled':
      return 'Cancelled. Nothing was kept';
  }
}

/** How far the current step is, 0 to 100; undefined when that cannot be known. */
export function percentOf(state: PhotoState): number | undefined {
  if (state.phase === 'uploading' && state.percent < 100) return state.percent;
  return state.phase === 'working' && state.stage ? state.percent : undefined;
}

/** True while the photo is on its way and can be called back. */
export function isUnderway(state: PhotoState): boolean {
  return state.phase !== 'done' && state.phase !== 'failed' && state.phase !== 'cancelled';
}

/** What is known about the purge, in words. */
export function purgeText(purge: PurgeMark): string {
  if (purge.known) return `Purged from our servers at ${clockText(purge.at)}`;
  return purge.checking ? 'Purging from our servers' : 'Delivered. Purge not confirmed: the connection broke';
}
