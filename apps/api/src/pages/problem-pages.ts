import { STATUS_CODES } from 'node:http';
import type { ProblemBody } from '#contracts/problem-catalog.js';
import { problemPage, type ProblemList, type ProblemPage } from '#contracts/problem-pages.js';
import { escapeHtml, htmlPage, proseHtml } from './html-page.js';

const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trim();

const helpHtml = ({ why, what_to_do, example }: ProblemPage): string => `<h2>Why</h2>
<p>${proseHtml(why)}</p>
<h2>What to do</h2>
<p>${proseHtml(what_to_do)}</p>
<h2>Example</h2>
<pre tabindex="0" aria-label="Example"><code>${escapeHtml(example)}</code></pre>`;

/** The page of one kind of problem. */
export function problemPageHtml(page: ProblemPage): string {
  const { code, status, title, what_happened } = page;
  return htmlPage({
    title,
    description: what_happened,
    main: `<p class="kicker">${statusText(status)} · <code>${code}</code></p>
<h1>${proseHtml(title)}</h1>
<p class="lead">${proseHtml(what_happened)}</p>
${helpHtml(page)}
<p class="after"><a href="/problems">All problems</a></p>`,
  });
}

/** The page of all kinds of problems, grouped by status. */
export function problemListHtml({ problems }: ProblemList): string {
  const statuses = [...new Set(problems.map(({ status }) => status))];
  const group = (status: number): string => `<h2 id="s${status}">${statusText(status)}</h2>
<dl class="problems">
${problems
  .filter((one) => one.status === status)
  .map(
    ({ type, code, title }) =>
      `<div><dt><a href="${type}"><code>${code}</code></a></dt><dd>${proseHtml(title)}</dd></div>`,
  )
  .join('\n')}
</dl>`;
  return htmlPage({
    title: 'Problems',
    description: 'Every error of the API: what happened, why, and what to do.',
    main: `<h1>Problems</h1>
<p class="lead">Every error of the API has a code that stays the same. Here is what each of them means, why it happens and what to do.</p>
<p>Errors come as <code>application/problem+json</code>; their <code>type</code> leads to the page of their code.</p>
${statuses.map(group).join('\n')}`,
  });
}

/** A problem that a browser ran into, for the person in front of it. */
export function occurredProblemHtml({ code, status, title, detail }: ProblemBody): string {
  if (code === 'not-found') return notFoundHtml();
  const page = problemPage(code);
  return htmlPage({
    title,
    description: page.what_happened,
    main: `<p class="kicker">${statusText(status)} · <code>${code}</code></p>
<h1>${proseHtml(title)}</h1>
<p class="lead">${proseHtml(page.what_happened)}</p>
${detail === undefined ? '' : `<p>${proseHtml(detail)}</p>`}
${helpHtml(page)}`,
  });
}

const notFoundHtml = (): string =>
  htmlPage({
    title: 'Page not found',
    description: 'There is no page at this address.',
    main: `<p class="kicker">${statusText(404)}</p>
<h1>Page not found</h1>
<p class="lead">There is no page at this address. It may have a typo, or the page has moved.</p>
<ul>
<li><a href="/">Remove the background of a photo</a></li>
<li><a href="/docs">Use the API</a></li>
<li><a href="/problems">What the errors of the API mean</a></li>
</ul>`,
  });
