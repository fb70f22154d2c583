import type { TextKey } from '../i18n/en-words.js';
import { setText } from '../i18n/page-words.js';
import { tabTitle, type ListProgress } from './list-progress.js';

let shown: TextKey = 'title';

/** Shows the progress in the title of the tab. */
export function showTabTitle(progress: ListProgress): void {
  const title = document.querySelector('title');
  if (title === null) return;
  const text = tabTitle(progress, shown, document.hidden);
  [shown] = text;
  setText(title, ...text);
}
