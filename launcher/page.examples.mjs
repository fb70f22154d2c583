/** Writes the examples of docs/examples into the page at /docs: what is shown there is what the tests run. */
import { readFileSync } from 'node:fs';
import { inRoot } from './places.mjs';

/** Languages by folder, in the order of the tabs, with the extension of their files. */
const LANGUAGES = /** @type {const} */ ([
  ['curl', 'curl', 'sh'],
  ['node', 'Node', 'mjs'],
  ['python', 'Python', 'py'],
  ['php', 'PHP', 'php'],
]);

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Tabs without a script: radio buttons, of which the style sheet shows the one that is chosen.
 * @param {string} topic
 * @returns {string}
 */
function tabsOf(topic) {
  const picks = LANGUAGES.map(([folder, name], at) => {
    const input = `<input type="radio" name="${topic}" value="${folder}"${at === 0 ? ' checked' : ''} />`;
    return `<label>${input}<span>${name}</span></label>`;
  });
  const panes = LANGUAGES.map(([folder, name, extension]) => {
    const code = readFileSync(inRoot('docs', 'examples', folder, `${topic}.${extension}`), 'utf8').trimEnd();
    const label = `${topic} in ${name}`;
    const pre = `<pre tabindex="0" role="region" aria-label="${label}"><code>${escaped(code)}</code></pre>`;
    return `<div class="code pane" data-language="${folder}">${pre}</div>`;
  });
  const legend = '<legend class="unseen">Language</legend>';
  return `<div class="examples"><fieldset class="segments">${legend}${picks.join('')}</fieldset>${panes.join('')}</div>`;
}

/**
 * @param {string} html
 * @returns {string}
 */
export const fillExamples = (html) =>
  html.replaceAll(/<div data-examples="([\w-]+)"><\/div>/g, (_, topic) => tabsOf(topic));
