import type { TextKey } from './en-words.js';
import { LANGUAGES, type Language } from './quantity-text.js';
import { loadLanguage, translate, type Params } from './i18n.js';

/** Attributes with a translated text. */
type TextAttribute = 'aria-label' | 'title' | 'alt';

/** Attributes with the keys of the texts. */
const KEY_ATTRIBUTES: Readonly<Record<TextAttribute, string>> = {
  'aria-label': 'data-label',
  title: 'data-tip',
  alt: 'data-alt',
};

/**
 * Values of translated texts by element. A switch of the language translates them again without a reload, which keeps the
 * photos. The language is only in the address (`/`, `/bn/`) and in `lang`; nothing is stored.
 */
const valuesOf = new WeakMap<Element, Partial<Record<'text' | TextAttribute, Params>>>();
const listeners = new Set<() => void>();

const HOMES: Readonly<Record<Language, string>> = { en: '/', bn: '/bn/' };

/** Path of a language's pages. */
export const homeOf = (language: Language): string => HOMES[language];

/** The current language. */
export const language = (): Language =>
  LANGUAGES.find((known) => known === document.documentElement.lang) ?? 'en';

/** Translates a text to the current language. */
export const say = (key: TextKey, params?: Params): string => translate(language(), key, params);

/** Sets the text of an element, also after a switch of the language. An icon of the element stays. */
export function setText<E extends Element>(of: E, key: TextKey, params: Params = {}): E {
  const into = of.querySelector(':scope > .label') ?? of;
  valuesOf.set(into, { ...valuesOf.get(into), text: params });
  into.setAttribute('data-text', key);
  const text = say(key, params);
  // Setting the same text again would make a screen reader repeat a live region.
  if (into.textContent !== text) into.textContent = text;
  return of;
}

/** Clears the text of an element. */
export function clearText(element: Element): void {
  element.removeAttribute('data-text');
  if (element.textContent !== '') element.textContent = '';
}

function setAttribute<E extends Element>(of: E, name: TextAttribute, key: TextKey, params: Params): E {
  valuesOf.set(of, { ...valuesOf.get(of), [name]: params });
  of.setAttribute(KEY_ATTRIBUTES[name], key);
  of.setAttribute(name, say(key, params));
  return of;
}

/** Sets the accessible name of an element. */
export const label = <E extends Element>(of: E, key: TextKey, params: Params = {}): E =>
  setAttribute(of, 'aria-label', key, params);

/** Sets the tooltip of an element. */
export const tooltip = <E extends Element>(of: E, key: TextKey, params: Params = {}): E =>
  setAttribute(of, 'title', key, params);

/** Sets the text alternative of an image. */
export const alternative = (of: HTMLImageElement, key: TextKey, params: Params = {}): HTMLImageElement =>
  setAttribute(of, 'alt', key, params);

/** Calls `listener` after each switch of the language, for texts that `setText` does not manage. */
export const followLanguage = (listener: () => void): unknown => listeners.add(listener);

/** Switches the language without a reload. @throws Error if its texts cannot be loaded */
export async function switchLanguage(to: Language): Promise<void> {
  await loadLanguage(to);
  document.documentElement.lang = to;
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = say(element.getAttribute('data-text') as TextKey, valuesOf.get(element)?.text);
  for (const [name, from] of Object.entries(KEY_ATTRIBUTES) as [TextAttribute, string][])
    for (const element of document.querySelectorAll(`[${from}]`))
      element.setAttribute(name, say(element.getAttribute(from) as TextKey, valuesOf.get(element)?.[name]));
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-to]'))
    link.href = homeOf(to) + (link.dataset['to'] ?? '');
  history.replaceState(null, '', homeOf(to) + location.hash);
  for (const listener of listeners) listener();
}

/** Makes language links switch without a reload. */
export function bindLanguageLinks(links: Iterable<HTMLAnchorElement>): void {
  const all = [...links];
  const mark = (): void => {
    for (const link of all) {
      if (link.lang === language()) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  };
  for (const link of all) {
    link.addEventListener('click', (event) => {
      const to = LANGUAGES.find((known) => known === link.lang);
      if (to === undefined) return;
      event.preventDefault();
      // Without its texts, the link opens the page in that language.
      switchLanguage(to).catch(() => location.assign(link.href));
    });
  }
  followLanguage(mark);
  mark();
}
