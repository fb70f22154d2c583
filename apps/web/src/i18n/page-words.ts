import type { TextKey } from './en-words.js';
import { LANGUAGES, type Language } from './quantity-text.js';
import { sayIn, type Params } from './i18n.js';

/**
 * The language of this page stands in its address (`/`, `/bn/`) and in `lang`, nowhere else: nothing is stored.
 * Texts that were put here are written again when it is switched, so no photo is lost by it.
 */
const given = new WeakMap<Element, { text?: Params; label?: Params }>();
const listeners = new Set<() => void>();

const HOMES: Readonly<Record<Language, string>> = { en: '/', bn: '/bn/' };

/** Where a language's pages are. */
export const homeOf = (language: Language): string => HOMES[language];

/** The language this page speaks now. */
export const language = (): Language =>
  LANGUAGES.find((known) => known === document.documentElement.lang) ?? 'en';

/** A text in the language of the page. */
export const say = (key: TextKey, params?: Params): string => sayIn(language(), key, params);

/** Puts a text into an element, and keeps it there in whatever language. */
export function put<E extends Element>(into: E, key: TextKey, params: Params = {}): E {
  given.set(into, { ...given.get(into), text: params });
  into.setAttribute('data-text', key);
  const text = say(key, params);
  // A live region is read out when its text is set, be it the same.
  if (into.textContent !== text) into.textContent = text;
  return into;
}

/** Takes the text out again. */
export function empty(element: Element): void {
  element.removeAttribute('data-text');
  if (element.textContent !== '') element.textContent = '';
}

/** Names an element for who cannot see it. */
export function label<E extends Element>(element: E, key: TextKey, params: Params = {}): E {
  given.set(element, { ...given.get(element), label: params });
  element.setAttribute('data-label', key);
  element.setAttribute('aria-label', say(key, params));
  return element;
}

/** Calls `listener` after each switch of the language: for what is written otherwise than with `put`. */
export const followLanguage = (listener: () => void): unknown => listeners.add(listener);

/** Switches the page to a language, where it stands. */
export function switchLanguage(to: Language): void {
  document.documentElement.lang = to;
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = say(element.getAttribute('data-text') as TextKey, given.get(element)?.text);
  for (const element of document.querySelectorAll('[data-label]'))
    element.setAttribute(
      'aria-label',
      say(element.getAttribute('data-label') as TextKey, given.get(element)?.label),
    );
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-to]'))
    link.href = homeOf(to) + (link.dataset['to'] ?? '');
  history.replaceState(null, '', homeOf(to) + location.hash);
  for (const listener of listeners) listener();
}

/** Lets a link to the page in the other language switch in place. */
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
      switchLanguage(to);
    });
  }
  followLanguage(mark);
  mark();
}
