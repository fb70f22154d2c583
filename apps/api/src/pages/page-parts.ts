import { escapeHtml } from './html-page.js';
import type { PageLanguage } from './page-shell.js';

/** Icons that the pages use, of those in `/assets/icons.svg` (apps/web). */
type IconName =
  'badge-check' | 'check' | 'circle-alert' | 'download' | 'shield-check' | 'triangle-alert' | 'x';

/** An icon, which screen readers skip. */
export const iconHtml = (name: IconName): string =>
  `<svg class="icon" aria-hidden="true"><use href="/assets/icons.svg#${name}"/></svg>`;

/** A section with its heading beside it on wide screens. `aside` and `body` are HTML; `aside` is below the heading. */
export const partHtml = (title: string, body: string, aside = ''): string =>
  `<section class="part"><div class="part-head"><h2>${escapeHtml(title)}</h2>${aside}</div><div class="part-body">
${body}
</div></section>`;

/** A table. `rows` are HTML, `head` is text. */
export const tableHtml = (
  label: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string =>
  `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table>
<thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(([first = '', ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')}
</tbody>
</table></div>`;

/** Names and values. The values are HTML; a name without a value is left out. */
export const entriesHtml = (
  entries: readonly (readonly [name: string, html: string | undefined])[],
  className = 'entries',
): string =>
  `<dl class="${className}">
${entries
  .filter(([, html]) => html !== undefined)
  .map(([name, html]) => `<div><dt>${escapeHtml(name)}</dt><dd>${html ?? ''}</dd></div>`)
  .join('\n')}
</dl>`;

/** Time in UTC. `at` is RFC 3339. */
export const timeHtml = (at: string): string =>
  `<time datetime="${escapeHtml(at)}">${escapeHtml(at.slice(0, 16).replace('T', ' '))} UTC</time>`;

/** A link to a `mailto:`, `tel:` or `https:` URL, with what a person would write down. */
export const contactHtml = (url: string): string =>
  `<a href="${escapeHtml(url)}">${escapeHtml(url.replace(/^(?:mailto|tel):/, ''))}</a>`;

/** A verdict with its icon. */
export const passedHtml = (isGood: boolean, text: string): string =>
  isGood
    ? `<span class="good">${iconHtml('check')}${escapeHtml(text)}</span>`
    : `<span class="bad">${iconHtml('x')}${escapeHtml(text)}</span>`;

/** `1 check`, `2 checks`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A duration in its largest unit without a remainder: `5 minutes`, `৫ মিনিট`. */
export function durationText(seconds: number, language: PageLanguage = 'en'): string {
  const [unit, length] = (
    [
      ['day', 86_400],
      ['hour', 3600],
      ['minute', 60],
      ['second', 1],
    ] as const
  ).find(([, one]) => seconds >= one && seconds % one === 0) ?? ['second', 1];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    seconds / length,
  );
}
