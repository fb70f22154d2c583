import { readFileSync } from 'node:fs';
import { inRoot } from './paths.js';

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const escapeAttribute = (text: string): string => escapeText(text).replaceAll('"', '&quot;');

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
 * them to switch the language.
 * @throws Error for a key without a text
 */
export function fillTexts(html: string, { lang, home, textOf }: PageLanguage): string {
  const text = (key: string): string => {
    const found = textOf(key);
    if (!found) throw new Error(`no text ${key} in ${lang}`);
    return escapeAttribute(found);
  };
  return html
    .replace('<html lang="en"', `<html lang="${lang}"`)
    .replaceAll(/(data-text="([\w.-]+)"[^>]*>)\s*(?=<\/)/g, (_, tag: string, key: string) => tag + text(key))
    .replaceAll(/data-label="([\w.-]+)"/g, (mark: string, key: string) => `${mark} aria-label="${text(key)}"`)
    .replaceAll(/data-content="([\w.-]+)"/g, (_, key: string) => `content="${text(key)}"`)
    .replaceAll(/data-to="([\w./-]*)"/g, (mark: string, to: string) => `${mark} href="${home}${to}"`);
}

/** Folder, name and file extension of each language of the examples, in the order of the tabs. */
const EXAMPLE_LANGUAGES = [
  ['curl', 'curl', 'sh'],
  ['node', 'Node', 'mjs'],
  ['python', 'Python', 'py'],
  ['php', 'PHP', 'php'],
] as const;

/** Fills the examples of docs/examples, which the tests run, into a page. */
export const fillExamples = (html: string): string =>
  html.replaceAll(/<div data-examples="([\w-]+)"><\/div>/g, (_, topic: string) => exampleTabs(topic));

/** Tabs that need no script: radio buttons; the style sheet shows the chosen tab. */
function exampleTabs(topic: string): string {
  const inputs = EXAMPLE_LANGUAGES.map(([folder, name], index) => {
    const checked = index === 0 ? ' checked' : '';
    const input = `<input type="radio" name="${topic}" value="${folder}"${checked} />`;
    return `<label>${input}<span>${name}</span></label>`;
  });
  const panes = EXAMPLE_LANGUAGES.map(([folder, name, extension]) => {
    const code = readFileSync(inRoot('docs', 'examples', folder, `${topic}.${extension}`), 'utf8').trimEnd();
    const label = `${topic} in ${name}`;
    const pre = `<pre tabindex="0" role="region" aria-label="${label}"><code>${escapeText(code)}</code></pre>`;
    return `<div class="code pane" data-language="${folder}">${pre}</div>`;
  });
  const legend = '<legend class="unseen">Language</legend>';
  const fieldset = `<fieldset class="segments">${legend}${inputs.join('')}</fieldset>`;
  return `<div class="examples">${fieldset}${panes.join('')}</div>`;
}
