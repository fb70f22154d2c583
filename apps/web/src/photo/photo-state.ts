import type { Stage } from '#contracts/job-states.js';
import type { ResultHint } from '#contracts/result-hints.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Params } from '../i18n/i18n.js';
import type { Advice } from './problem-advice.js';
import { roundedMs } from './rounded-time.js';

/** Whether the service has confirmed the deletion, with the receipt if there is one. */
export type PurgeStatus =
  { known: false; checking: boolean } | { known: true; at: Date; receipt: string | undefined };

/** A delivered cutout. It exists only in this page. Lengths in pixels. */
export interface Cutout {
  image: Blob;
  width: number;
  height: number;
  /** What the service says about it. */
  hints: readonly ResultHint[];
}

/** State of a photo. Percentages are 0 to 100. */
export type PhotoState =
  | { phase: 'waiting' }
  | { phase: 'converting' }
  | { phase: 'offline' }
  | { phase: 'paused'; waitMs: number }
  | { phase: 'uploading'; percent: number }
  | { phase: 'queued'; position: number | undefined; etaMs: number | undefined; isWorkerStarting?: boolean }
  | { phase: 'working'; stage: Stage | undefined; percent: number; attempt: number }
  | { phase: 'reconnecting' }
  | { phase: 'receiving' }
  | { phase: 'done'; cutout: Cutout; purge: PurgeStatus }
  | { phase: 'failed'; advice: Advice; mayRetry: boolean; receipt?: string | undefined }
  | { phase: 'cancelled' };

/** Name of a phase; also used by the style sheet. */
export type Phase = PhotoState['phase'];

/** Key and values of a text. */
export type StatusText = readonly [key: TextKey, params?: Params];

function queuedText(position: number | undefined, etaMs: number | undefined): StatusText {
  if (position === undefined) return ['state.queued'];
  if (position <= 1)
    return etaMs === undefined ? ['state.next'] : ['state.next.eta', { time: { ms: roundedMs(etaMs) } }];
  const place = { place: position };
  return etaMs === undefined
    ? ['state.place', { place }]
    : ['state.place.eta', { place, time: { ms: roundedMs(etaMs) } }];
}

function workingText(stage: Stage | undefined, attempt: number): StatusText {
  const key = stage ? (`stage.${stage}` as const) : 'state.starting';
  return attempt > 1 ? ['state.again', { stage: { say: key }, attempt }] : [key];
}

/** The text for a state. It changes rarely enough for screen readers. */
export function statusText(state: PhotoState): StatusText {
  switch (state.phase) {
    case 'paused':
      return ['state.paused', { time: { ms: state.waitMs } }];
    case 'uploading':
      return [state.percent < 100 ? 'state.uploading' : 'state.uploaded'];
    case 'queued':
      return state.isWorkerStarting ? ['state.cold'] : queuedText(state.position, state.etaMs);
    case 'working':
      return workingText(state.stage, state.attempt);
    case 'failed':
      return state.advice.title;
    default:
      return [`state.${state.phase}`];
  }
}

/** Progress of the current step, 0 to 100; undefined if unknown. */
export function percentOf(state: PhotoState): number | undefined {
  if (state.phase === 'uploading' && state.percent < 100) return state.percent;
  return state.phase === 'working' && state.stage ? state.percent : undefined;
}

/** Overall progress of a photo when it enters a phase, 0 to 1. */
const PROGRESS: Partial<Record<Phase, number>> = { queued: 0.2, reconnecting: 0.2, receiving: 0.95 };

/** Overall progress of a photo, 0 to 1. */
export function progressOf(state: PhotoState): number {
  if (!isInProgress(state)) return 1;
  if (state.phase === 'uploading') return state.percent / 500;
  return state.phase === 'working' ? 0.2 + state.percent * 0.0075 : (PROGRESS[state.phase] ?? 0);
}

/** True while the photo is in progress and can be cancelled. */
export function isInProgress(state: PhotoState): boolean {
  return state.phase !== 'done' && state.phase !== 'failed' && state.phase !== 'cancelled';
}

const AT_SERVICE: readonly Phase[] = ['uploading', 'queued', 'working', 'reconnecting', 'receiving'];

/** True while the service has the photo or receives it. */
export const isAtService = ({ phase }: PhotoState): boolean => AT_SERVICE.includes(phase);

/** Reasons to check a cutout, the most useful first. */
const REASONS = ['no-subject', 'graphics', 'low-confidence'] as const satisfies readonly ResultHint[];

/** Why a person should check a cutout; undefined if there is no reason. */
export function checkText({ hints }: Pick<Cutout, 'hints'>): StatusText | undefined {
  const isDoubtful = hints.includes('low-confidence') || hints.includes('no-subject');
  const reason = REASONS.find((hint) => hints.includes(hint));
  return isDoubtful && reason !== undefined ? [`check.${reason}`] : undefined;
}

/** True if there is a result that a person should check. */
export const isToCheck = (state: PhotoState): boolean =>
  state.phase === 'done' && checkText(state.cutout) !== undefined;

/** The text for a deletion status. */
export function purgeText(purge: PurgeStatus): StatusText {
  if (!purge.known) return [purge.checking ? 'purge.checking' : 'purge.unknown'];
  return ['purge.known', { at: { clock: purge.at } }];
}
