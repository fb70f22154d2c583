import type { TextKey } from '../i18n/en-words.js';
import type { Params } from '../i18n/i18n.js';
import { setText } from '../i18n/page-words.js';
import type { ListProgress } from './list-progress.js';

/** What the title of the tab shows: the progress, then "done" until the user returns to the tab, otherwise the usual title. */
export function tabTitle(
  { count, inProgress }: Pick<ListProgress, 'count' | 'inProgress'>,
  before: TextKey,
  isHidden: boolean,
): readonly [key: TextKey, params?: Params] {
  if (inProgress > 0) return ['tab.progress', { done: count - inProgress, count }];
  return count > 0 && isHidden && before !== 'title' ? ['tab.done'] : ['title'];
}

let shown: TextKey = 'title';

/** Shows the progress in the title of the tab. */
export function showTabTitle(progress: ListProgress): void {
  const title = document.querySelector('title');
  if (title === null) return;
  const text = tabTitle(progress, shown, document.hidden);
  [shown] = text;
  setText(title, ...text);
}
