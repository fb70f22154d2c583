import { isToCheck, type PhotoState } from './photo-state.js';

/** Which photos the list shows. */
export const FILTERS = ['all', 'check', 'failed'] as const;

/** Name of a filter. */
export type Filter = (typeof FILTERS)[number];

/** What a filter looks at. */
interface Filtered {
  state: PhotoState;
}

/** True if a filter includes a photo. */
export function matches(filter: Filter, entry: Filtered): boolean {
  if (filter === 'check') return isToCheck(entry.state);
  return filter === 'all' || entry.state.phase === 'failed';
}
