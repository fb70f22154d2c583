import type { TextKey } from '../i18n/en-words.js';
import type { Params } from '../i18n/i18n.js';
import { isInProgress, isToCheck, progressOf, type PhotoState } from './photo-state.js';

/** Progress of all photos. Samples do not count. */
export interface ListProgress {
  count: number;
  done: number;
  failed: number;
  /** Photos whose result a person should check. */
  check: number;
  inProgress: number;
  /** 0 to 1. */
  share: number;
}

/** Computes the progress. */
export function listProgress(entries: readonly { state: PhotoState; isSample: boolean }[]): ListProgress {
  const own = entries.filter(({ isSample }) => !isSample);
  const progress = { count: own.length, done: 0, failed: 0, check: 0, inProgress: 0, share: 0 };
  for (const { state } of own) {
    if (state.phase === 'done') progress.done++;
    if (state.phase === 'failed') progress.failed++;
    if (isToCheck(state)) progress.check++;
    if (isInProgress(state)) progress.inProgress++;
    progress.share += progressOf(state) / own.length;
  }
  return progress;
}

/** What the title of the tab shows: the progress, then "done" until the user returns to the tab, otherwise the usual title. */
export function tabTitle(
  { count, inProgress }: Pick<ListProgress, 'count' | 'inProgress'>,
  before: TextKey,
  isHidden: boolean,
): readonly [key: TextKey, params?: Params] {
  if (inProgress > 0) return ['tab.progress', { done: count - inProgress, count }];
  return count > 0 && isHidden && before !== 'title' ? ['tab.done'] : ['title'];
}
