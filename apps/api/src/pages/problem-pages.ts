import { STATUS_CODES } from 'node:http';
import type { ProblemBody } from '#contracts/problem-catalog.js';
import { problemPage, type ProblemList, type ProblemPage } from '#contracts/problem-pages.js';
import { escapeHtml, htmlPage, proseHtml } from './html-page.js';
import { partHtml } from './page-parts.js';

const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trim();

const headHtml = (
  { status, code, title }: Pick<ProblemBody, 'status' | 'code' | 'title'>,
  lead: string,
): string =>
  `<div class="page-head">
<p class="kicker">${statusText(status)} · <code>${code}</code></p>
<h1>${proseHtml(title)}</h1>
<p class="lead">${proseHtml(lead)}</p>`;

const helpHtml = ({ why, what_to_do, example }: ProblemPage): string =>
  [
    partHtml('Why', `<p>${proseHtml(why)}</p>`),
    partHtml('What to do', `<p>${proseHtml(what_to_do)}</p>`),
    partHtml('Example', `<pre tabindex="0" aria-label="Example"><code>${escapeHtml(example)}</code></pre>`),
  ].join('\n');

/** The page of one problem. */
export function problemPageHtml(page: ProblemPage): string {
  return htmlPage({
    title: page.title,
    description: page.what_happened,
    main: `${headHtml(page, page.what_happened)}
</div>
${helpHtml(page)}
<p class="after"><a href="/problems">All problems</a></p>`,
  });
}

/** The page of all problems, grouped by status. */
export function problemListHtml({ problems }: ProblemList): string {
  const statuses = [...new Set(problems.map(({ status }) => status))];
  const group = (status: number): string =>
    partHtml(
      statusText(status),
      `<dl class="problems">
${problems
  .filter((one) => one.status === status)
  .map(
    ({ type, code, title }) =>
      `<div><dt><a href="${type}"><code>${code}</code></a></dt><dd>${proseHtml(title)}</dd></div>`,
  )
  .join('\n')}
</dl>`,
    );
  return htmlPage({
    title: 'Problems',
    description: 'All errors of the API: what happened, why, and what to do.',
    main: `<div class="page-head">
<h1>Problems</h1>
<p class="lead">Each error of the API has a stable code. This page explains what the codes mean, why the errors occur and what to do.</p>
<p>Errors are sent as <code>application/problem+json</code>. Their <code>type</code> is the URL of the page of their code.</p>
</div>
${statuses.map(group).join('\n')}`,
  });
}

/** The page of a problem that occurred in a browser. */
export function occurredProblemHtml(problem: ProblemBody): string {
  const page = problemPage(problem.code);
  const { title, detail } = problem;
  return htmlPage({
    title,
    description: page.what_happened,
    main: `${headHtml(problem, page.what_happened)}
${detail === undefined ? '' : `<p>${proseHtml(detail)}</p>`}
</div>
${helpHtml(page)}`,
  });
}
