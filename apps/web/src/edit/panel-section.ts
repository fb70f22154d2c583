import { element } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { icon, type IconName } from '../icons.js';

/** A part of the panel. On a phone one at a time is shown. */
export interface PanelSection {
  readonly name: string;
  readonly title: TextKey;
  readonly icon: IconName;
  readonly element: HTMLElement;
}

/** A section with a title that opens and closes it. */
export function collapsible(
  name: string,
  title: TextKey,
  picture: IconName,
  content: HTMLElement,
): PanelSection {
  const summary = element('summary', { className: 'panel-title' }, [
    icon(picture),
    element('span', { say: title }),
    icon('chevron-down'),
  ]);
  const attributes = { 'data-section': name, open: '' };
  const made = element('details', { className: 'panel-section', attributes }, [summary, content]);
  return { name, title, icon: picture, element: made };
}
