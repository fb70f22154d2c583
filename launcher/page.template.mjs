/**
 * Writes a language's texts into a page. `data-text` fills an element that is empty, `data-label` and `data-content`
 * name the attributes they are about, and `data-to` leads to a page of the same language. The marks stay: with them
 * the page's script can switch the language in place.
 */

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/**
 * @typedef {object} PageLanguage
 * @property {string} lang as `lang` names it
 * @property {string} home address of its first page
 * @property {(key: string) => string} say
 */

/**
 * @param {string} html
 * @param {PageLanguage} language
 * @returns {string}
 * @throws {Error} for a text that is missing
 */
export function fillPage(html, { lang, home, say }) {
  /** @param {string} key */
  const text = (key) => {
    const found = say(key);
    if (!found) throw new Error(`no text ${key} in ${lang}`);
    return escaped(found);
  };
  return html
    .replace('<html lang="en"', `<html lang="${lang}"`)
    .replaceAll(/(data-text="([\w.-]+)"[^>]*>)\s*(?=<\/)/g, (_, tag, key) => tag + text(key))
    .replaceAll(/data-label="([\w.-]+)"/g, (mark, key) => `${mark} aria-label="${text(key)}"`)
    .replaceAll(/data-content="([\w.-]+)"/g, (_, key) => `content="${text(key)}"`)
    .replaceAll(/data-to="([\w./-]*)"/g, (mark, to) => `${mark} href="${home}${to}"`);
}
