import type { Stage } from '#contracts/job-states.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Params } from '../i18n/i18n.js';
import type { Advice } from './problem-advice.js';

/** Whether the service has confirmed that nothing is left of a photo; with the receipt, as far as one came. */
export type PurgeMark =
  { known: false; checking: boolean } | { known: true; at: Date; receipt: string | undefined };

/** A finished cut-out as delivered: it exists only in this page from here on. */
export interface Cutout {
  image: Blob;
  width: number;
  height: number;
}

/** Where one photo stands. */
export type PhotoState =
  | { phase: 'waiting' }
  | { phase: 'converting' }
  | { phase: 'offline' }
  | { phase: 'paused'; waitMs: number }
  | { phase: 'uploading'; percent: number }
  | { phase: 'queued'; position: number | undefined; etaMs: number | undefined }
  | { phase: 'working'; stage: Stage | undefined; percent: number; attempt: number }
  | { phase: 'reconnecting' }
  | { phase: 'receiving' }
  | { phase: 'done'; cutout: Cutout; purge: PurgeMark }
  | { phase: 'failed'; advice: Advice; mayRetry: boolean; receipt?: string | undefined }
  | { phase: 'cancelled' };

/** Name of a phase; the style sheet knows them too. */
export type Phase = PhotoState['phase'];

/** A text with its values, whatever the language. */
export type Told = readonly [key: TextKey, params?: Params];

function queuedText(position: number | undefined, etaMs: number | undefined): Told {
  if (position === undefined) return ['state.queued'];
  if (position <= 1)
    return etaMs === undefined ? ['state.next'] : ['state.next.eta', { time: { ms: etaMs } }];
  const place = { place: position };
  return etaMs === undefined
    ? ['state.place', { place }]
    : ['state.place.eta', { place, time: { ms: etaMs } }];
}

function workingText(stage: Stage | undefined, attempt: number): Told {
  const key = stage ? (`stage.${stage}` as const) : 'state.starting';
  return attempt > 1 ? ['state.again', { stage: { say: key }, attempt }] : [key];
}

/** What a person is told about a state; changes rarely enough to be read out. */
export function statusText(state: PhotoState): Told {
  switch (state.phase) {
    case 'paused':
      return ['state.paused', { time: { ms: state.waitMs } }];
    case 'uploading':
      return [state.percent < 100 ? 'state.uploading' : 'state.uploaded'];
    case 'queued':
      return queuedText(state.position, state.etaMs);
    case 'working':
      return workingText(state.stage, state.attempt);
    case 'failed':
      return state.advice.title;
    default:
      return [`state.${state.phase}`];
  }
}

/** How far the current step is, 0 to 100; undefined when that cannot be known. */
export function percentOf(state: PhotoState): number | undefined {
  if (state.phase === 'uploading' && state.percent < 100) return state.percent;
  return state.phase === 'working' && state.stage ? state.percent : undefined;
}

/** Parts of the way that lie behind a photo when it enters a phase, of 1: for the progress of all. */
const WAY: Partial<Record<Phase, number>> = { queued: 0.2, reconnecting: 0.2, receiving: 0.95 };

/** How far a photo is on its whole way, 0 to 1. */
export function wayOf(state: PhotoState): number {
  if (!isUnderway(state)) return 1;
  if (state.phase === 'uploading') return state.percent / 500;
  return state.phase === 'working' ? 0.2 + state.percent * 0.0075 : (WAY[state.phase] ?? 0);
}

/** True while the photo is on its way and can be called back. */
export function isUnderway(state: PhotoState): boolean {
  return state.phase !== 'done' && state.phase !== 'failed' && state.phase !== 'cancelled';
}

/** What is known about the purge, in words; undefined when there is nothing to say. */
export function purgeText(purge: PurgeMark): Told {
  if (!purge.known) return [purge.checking ? 'purge.checking' : 'purge.unknown'];
  return ['purge.known', { at: { clock: purge.at } }];
}
