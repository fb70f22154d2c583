import { escapeHtml } from './docs/html.js';

export interface PageLanguage {
  /** Value of the `lang` attribute. */
  lang: string;
  /** Path of the first page in this language. */
  home: string;
  /** Text of a key. */
  textOf: (key: string) => string;
}

/**
 * Fills the texts of a language into a page. `data-text` fills an empty element, `data-label` and `data-content` fill
 * an attribute, and `data-to` links to a page in the same language. The attributes stay: the script of the page uses
 * them to switch the language. In other attributes, `{lang}` and `{home}` are replaced.
 * @throws Error for a key without a text
 */
export function fillTexts(html: string, { lang, home, textOf }: PageLanguage): string {
  const text = (key: string): string => {
    const found = textOf(key);
    if (!found) throw new Error(`no text ${key} in ${lang}`);
    return escapeHtml(found);
  };
  return html
    .replace('<html lang="en"', `<html lang="${lang}"`)
    .replaceAll('{lang}', lang)
    .replaceAll('{home}', home)
    .replaceAll(/(data-text="([\w.-]+)"[^>]*>)\s*(?=<\/)/g, (_, tag: string, key: string) => tag + text(key))
    .replaceAll(/data-label="([\w.-]+)"/g, (mark: string, key: string) => `${mark} aria-label="${text(key)}"`)
    .replaceAll(/data-content="([\w.-]+)"/g, (_, key: string) => `content="${text(key)}"`)
    .replaceAll(/data-to="([\w./#-]*)"/g, (mark: string, to: string) => `${mark} href="${home}${to}"`);
}
