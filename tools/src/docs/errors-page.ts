import { problemList } from '#contracts/problem-pages.js';
import { html } from './html.js';
import { contentsList, type DocsPage } from './layout.js';

/** The list of all error codes, by status. */
export function errorsPage(): DocsPage {
  const { problems } = problemList();
  const statuses = [...new Set(problems.map(({ status }) => status))].sort((one, other) => one - other);
  return {
    url: '/docs/errors/',
    title: 'Errors',
    description: 'All error codes of the API, with a page for each that says what to do.',
    main: html`<article class="guide prose">
        <h1>Errors</h1>
        <p class="lead">
          Every error is <code>application/problem+json</code> (RFC 9457) with a stable <code>code</code>:
          compare that, not the text.
        </p>
        <p>
          Each code has a page with the cause, the remedy and an example. <code>type</code> in the response is
          its address. If there is a <code>Retry-After</code> header, retry after that many seconds. An error
          never repeats what you sent.
        </p>
        ${statuses.map(
          (status) =>
            html`<section aria-labelledby="status-${status}">
              <h2 id="status-${status}"><a href="#status-${status}">${status}</a></h2>
              <dl class="problems">
                ${problems
                  .filter((problem) => problem.status === status)
                  .map(
                    ({ code, title }) =>
                      html`<div id="${code}">
                        <dt>
                          <a href="/problems/${code}"><code>${code}</code></a>
                        </dt>
                        <dd>${title}.</dd>
                      </div>`,
                  )}
              </dl>
            </section>`,
        )}
      </article>
      ${contentsList(statuses.map((status) => ({ text: html`${status}`, anchor: `status-${status}` })))}`,
  };
}
