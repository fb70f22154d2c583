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

/** The page of one problem. */
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

/** The page of all problems, grouped by status. */
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
    description: 'All errors of the API: what happened, why, and what to do.',
    main: `<h1>Problems</h1>
<p class="lead">Each error of the API has a stable code. This page explains what the codes mean, why the errors occur and what to do.</p>
<p>Errors are sent as <code>application/problem+json</code>. Their <code>type</code> is the URL of the page of their code.</p>
${statuses.map(group).join('\n')}`,
  });
}

/** The page of a problem that occurred in a browser. */
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
    description: 'There is no page at this URL.',
    main: `<p class="kicker">${statusText(404)}</p>
<h1>Page not found</h1>
<p class="lead">There is no page at this URL. The URL may have a typo, or the page may have moved.</p>
<ul>
<li><a href="/">Remove the background of a photo</a></li>
<li><a href="/docs">Use the API</a></li>
<li><a href="/problems">What the errors of the API mean</a></li>
</ul>`,
  });
