import { highlighted } from './highlight.js';
import { html, type Html } from './html.js';

export interface CodeTab {
  id: string;
  label: string;
  code: string;
}

/** A block of code. The script of the page adds the button that copies it. */
export const codeBlock = (code: string, language: string, label: string): Html =>
  html`<div class="code">
    <pre tabindex="0" role="region" aria-label="${label}"><code>${highlighted(code, language)}</code></pre>
  </div>`;

/**
 * The same in several languages. The tabs are radio buttons, so that they need no script: the style sheet shows the pane of
 * the chosen one.
 * @param name unique on the page
 */
export const codeTabs = (name: string, tabs: readonly CodeTab[]): Html =>
  html`<div class="examples">
    <fieldset class="segments">
      <legend class="unseen">Language</legend>
      ${tabs.map(
        ({ id, label }, index) =>
          html`<label
            ><input type="radio" name="${name}" value="${id}" ${index === 0 && html`checked`} /><span
              >${label}</span
            ></label
          >`,
      )}
    </fieldset>
    ${tabs.map(
      ({ id, label, code }) =>
        html`<div class="pane" data-language="${id}">${codeBlock(code, id, `${name} in ${label}`)}</div>`,
    )}
  </div>`;
