import { html, joined, type Html } from './html.js';
import {
  exampleOf,
  headersOf,
  nameOfReference,
  responsesOf,
  type ApiDocument,
  type Header,
  type Media,
  type Operation,
  type Response,
} from './open-api.js';
import { plain, sentence, valueText, type Prose } from './prose.js';

const FIRST_ERROR = 400;

/** Headers that every example may have; the others are in the list of headers. */
const SHOWN_HEADERS = [
  ...['Location', 'Retry-After', 'ETag', 'Content-Disposition', 'X-Custom-Id', 'X-Job-Id', 'X-Batch-Status'],
  ...['X-Width', 'X-Height', 'X-Confidence', 'X-Type', 'RateLimit'],
];

const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  304: 'Not Modified',
};

const valueOf = ({ schema }: Header): string => valueText(schema?.examples?.[0] ?? schema?.enum?.[0]);

/** An example of a response: status line, the headers that matter, and the body if it is text. */
export function responseExample(document: ApiDocument, status: number, response: Response): string {
  const [type, media] = Object.entries(response.content ?? {})[0] ?? [];
  const headers = headersOf(document, response).filter(([name]) => SHOWN_HEADERS.includes(name));
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...headers.map(([name, header]) => `${name}: ${valueOf(header)}`),
  ];
  const body = media === undefined ? '' : bodyExample(document, media);
  return body === '' ? lines.join('\n') : `${lines.join('\n')}\n\n${body}`;
}

function bodyExample(document: ApiDocument, media: Media): string {
  if (media.example !== undefined) return media.example.trimEnd();
  if (media.schema.format === 'binary') return '';
  const example = exampleOf(document, media.schema);
  return typeof example === 'string' ? '' : JSON.stringify(example, undefined, 2);
}

/** Responses that are no errors. */
export const successes = (operation: Operation): [status: number, response: Response][] =>
  responsesOf(operation).filter(([status]) => status < FIRST_ERROR);

const statusBadge = (status: number): Html =>
  html`<span class="status ${status < FIRST_ERROR ? 'ok' : 'no'}">${status}</span>`;

const mediaTypes = (response: Response): Html =>
  joined(
    Object.entries(response.content ?? {}).map(([type, { schema }]) => {
      const name = schema.$ref === undefined ? undefined : nameOfReference(schema.$ref);
      return name === undefined
        ? html`<code>${type}</code>`
        : html`<code>${type}</code> <a href="#schema-${name}">${name}</a>`;
    }),
    ', ',
  );

function headerList(document: ApiDocument, response: Response, prose: Prose): Html {
  const headers = headersOf(document, response);
  return html`<details class="fold">
    <summary>${headers.length} ${headers.length === 1 ? 'header' : 'headers'}</summary>
    <dl class="members">
      ${headers.map(
        ([name, header]) =>
          html`<div>
            <dt><code>${name}</code></dt>
            <dd>
              <p>${prose.line(sentence(header.description ?? ''))}</p>
              <p class="facts">
                <span class="fact">Example <code>${valueOf(header)}</code></span>
              </p>
            </dd>
          </div>`,
      )}
    </dl>
  </details>`;
}

/** Responses of an operation that are no errors. */
export const responseList = (document: ApiDocument, operation: Operation, prose: Prose): Html[] =>
  successes(operation).map(
    ([status, response]) =>
      html`<div class="response" id="status-${status}">
        <h3>${statusBadge(status)} ${prose.line(response.description)}</h3>
        ${response.content !== undefined && html`<p class="types">${mediaTypes(response)}</p>`}
        ${headerList(document, response, prose)}
      </div>`,
  );

/** Codes of an error response, and whether they have a page of their own. */
function codesOf(response: Response): { codes: string[]; isProblem: boolean } {
  const examples = response.content?.['application/problem+json']?.examples;
  if (examples !== undefined) return { codes: Object.keys(examples), isProblem: true };
  // The errors of remove.bg are listed in the description.
  const codes = [...response.description.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return { codes, isProblem: false };
}

/** Errors of an operation by status, with links to the pages that explain them. */
export function errorList(operation: Operation): Html[] {
  const rows = responsesOf(operation).filter(([status]) => status >= FIRST_ERROR);
  const titles = titlesOf(operation);
  return [
    html`<dl class="errors">
      ${rows.map(([status, response]) => {
        const { codes, isProblem } = codesOf(response);
        return html`<div>
          <dt>${statusBadge(status)}</dt>
          <dd>
            ${codes.map((code) =>
              isProblem
                ? html`<a href="/problems/${code}" title="${titles.get(code) ?? ''}"><code>${code}</code></a>`
                : html`<code>${code}</code>`,
            )}
          </dd>
        </div>`;
      })}
    </dl>`,
  ];
}

/** Titles of the errors by code: the lines of the descriptions. */
function titlesOf(operation: Operation): Map<string, string> {
  const lines = Object.values(operation.responses).flatMap(({ description }) => description.split('\n\n'));
  return new Map(
    lines.flatMap((line) => {
      const [, code, title] = /^`([^`]+)`: (.+)$/.exec(line) ?? [];
      return code === undefined || title === undefined ? [] : [[code, plain(title)] as const];
    }),
  );
}
