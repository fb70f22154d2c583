import type { TextKey } from './i18n/en-words.js';
import { label, setText } from './i18n/page-words.js';
import type { Params } from './i18n/i18n.js';
import { icon, type IconName } from './icons.js';

/** Properties of a new element. Text is never parsed as markup. */
export interface ElementFacts {
  className?: string;
  /** Text that is the same in every language, such as a name. */
  text?: string;
  /** Key of a translated text. */
  say?: TextKey;
  /** Accessible name. */
  label?: readonly [TextKey, Params?];
  attributes?: Record<string, string>;
  /** Icon before the text; the only content if there is no text. */
  icon?: IconName;
}

/** Creates an element with its children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  facts: ElementFacts = {},
  children: Node[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (facts.className !== undefined) made.className = facts.className;
  if (facts.text !== undefined) made.textContent = facts.text;
  if (facts.icon !== undefined) {
    made.append(icon(facts.icon));
    // `setText` sets the text of this element and leaves the icon.
    if (facts.say !== undefined) made.append(element('span', { className: 'label' }));
  }
  if (facts.say !== undefined) setText(made, facts.say);
  if (facts.label !== undefined) label(made, ...facts.label);
  for (const [name, value] of Object.entries(facts.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Creates a button that does not submit a form. */
export function button(facts: ElementFacts, onPress: () => void): HTMLButtonElement {
  const made = element('button', { className: 'button quiet', ...facts });
  made.type = 'button';
  made.addEventListener('click', onPress);
  return made;
}

/**
 * The element with this id.
 * @throws Error if the page has none of this type
 */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/** Downloads a file. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  element('a', { attributes: { href: url, download: name } }).click();
  // The URL must stay valid until the browser has started the download.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
