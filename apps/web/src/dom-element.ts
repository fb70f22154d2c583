import type { TextKey } from './i18n/en-words.js';
import { label, put } from './i18n/page-words.js';
import type { Params } from './i18n/i18n.js';

/** What an element is made with; text goes in as text, never as markup. */
export interface ElementFacts {
  className?: string;
  /** Text that is the same in every language: a name, a number. */
  text?: string;
  /** Text of the catalogue. */
  say?: TextKey;
  /** Name for who cannot see it. */
  label?: readonly [TextKey, Params?];
  attributes?: Record<string, string>;
}

/** Makes an element with its children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  facts: ElementFacts = {},
  children: Node[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (facts.className !== undefined) made.className = facts.className;
  if (facts.text !== undefined) made.textContent = facts.text;
  if (facts.say !== undefined) put(made, facts.say);
  if (facts.label !== undefined) label(made, ...facts.label);
  for (const [name, value] of Object.entries(facts.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Makes a button that is no submit button. */
export function button(facts: ElementFacts, onPress: () => void): HTMLButtonElement {
  const made = element('button', { className: 'button quiet', ...facts });
  made.type = 'button';
  made.addEventListener('click', onPress);
  return made;
}

/**
 * The element of the page with this id.
 *
 * @throws Error when the page and the script do not fit together
 */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/** Puts a file into the person's downloads. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  element('a', { attributes: { href: url, download: name } }).click();
  // The download has long begun by then; until it has, the address must stand.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
