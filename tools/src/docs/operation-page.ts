import { codeBlock, codeTabs } from './code-tabs.js';
import { LANGUAGES } from './code-samples.js';
import { authorizationOf, bodyTypesOf, fieldsOf, type Authorization, type Fields } from './fields.js';
import { fieldList, section } from './field-list.js';
import { html, joined, NOTHING, type Html } from './html.js';
import type { DocsPage } from './layout.js';
import { groupLabel, methodBadge } from './navigation.js';
import { operationUrl, type ApiDocument, type Operation } from './open-api.js';
import { plain, sentence, type Prose } from './prose.js';
import { errorList, responseExample, responseList, successes } from './responses.js';
import { sampleOf } from './sample-requests.js';
import { SchemaView, schemasOf } from './schema-view.js';
import { tryForm } from './try-form.js';

/** What pages of operations are made from. */
export interface ReferenceSource {
  document: ApiDocument;
  operations: readonly Operation[];
  prose: Prose;
}

const orOf = (items: readonly Html[]): Html => joined(items, ', ');

/** How a request is authorized. */
function authorizationNote({ kind, description, isQueryToo }: Authorization, prose: Prose): Html {
  const headers =
    kind === 'key'
      ? html`<code>X-Api-Key: rb_…</code> or <code>Authorization: Bearer rb_…</code>`
      : html`<code>Authorization: Bearer TOKEN</code>${isQueryToo && html` or <code>?token=TOKEN</code>`}`;
  return html`<p>${headers}</p>
    <p>${prose.line(sentence(description))} <a href="/docs/#keys">Keys and tokens</a></p>`;
}

/** Bodies other than a form. */
function otherBodies(operation: Operation, { text, form }: Fields, prose: Prose): Html[] {
  const types = bodyTypesOf(operation);
  const codes = (mimes: readonly string[]): Html => orOf(mimes.map((mime) => html`<code>${mime}</code>`));
  const file = form.find(({ schema }) => schema.format === 'binary')?.name ?? 'image';
  return [
    ...(types.raw.length === 0
      ? []
      : [
          html`<h3>The image itself</h3>
            <p>
              The body is the file that a form has in <code>${file}</code>. Options are query parameters. Any
              content type is accepted: ${codes(types.raw)}.
            </p>`,
        ]),
    ...(types.text.length === 0
      ? []
      : [
          html`<h3>JSON or a form without files</h3>
            <p>${codes(types.text)}: the same fields${text.length > 0 ? ', and:' : ', without the files.'}</p>
            ${text.length > 0 && fieldListWithPrefix(text, prose)}`,
        ]),
  ];
}

/** Fields whose names other fields of the page have. */
const fieldListWithPrefix = (fields: Fields['text'], prose: Prose): Html =>
  html`<dl class="fields">
    ${fields.map(
      ({ name, description }) =>
        html`<div>
          <dt><code>${name}</code> <span class="type">string</span></dt>
          <dd><p>${prose.line(sentence(description))}</p></dd>
        </div>`,
    )}
  </dl>`;

/** Sections about what a request contains. */
function requestSections({ document, prose }: ReferenceSource, operation: Operation): Html[] {
  const fields = fieldsOf(operation);
  const authorization = authorizationOf(document, operation);
  const list = (values: Fields['path']): Html[] => (values.length === 0 ? [] : [fieldList(values, prose)]);
  return [
    section(
      'authorization',
      'Authorization',
      authorization === undefined ? [] : [authorizationNote(authorization, prose)],
    ),
    section('path', 'Path', list(fields.path)),
    section(
      'form',
      'Form',
      [
        ...(fields.form.length === 0 ? [] : [html`<p><code>multipart/form-data</code></p>`]),
        ...list(fields.form),
        ...(fields.options.length === 0 ? [] : [html`<p>And any of the <a href="#options">options</a>.</p>`]),
      ].slice(0, fields.form.length === 0 ? 0 : undefined),
    ),
    section('bodies', 'Other bodies', otherBodies(operation, fields, prose)),
    section('options', 'Options', [
      ...(fields.options.length === 0
        ? []
        : [html`<p>Fields of the form, members of the JSON, or query parameters. All are optional.</p>`]),
      ...list(fields.options),
    ]),
    section('query', 'Query', list(fields.query)),
    section('headers', 'Headers', list(fields.header)),
  ];
}

/** Code, an example of the response, and the form: the column beside the text. */
function aside({ document }: ReferenceSource, operation: Operation): Html {
  const sample = sampleOf(document, operation);
  const tabs = LANGUAGES.map(({ id, label, render }) => ({ id, label, code: render(sample) }));
  const [first] = successes(operation);
  return html`<div class="beside">
    ${codeTabs('request', tabs)} ${sample.base64 === undefined && tryForm(document, operation, sample)}
    ${first !== undefined && codeBlock(responseExample(document, ...first), 'json', 'Example of the response')}
  </div>`;
}

/** First paragraph of a description, and the rest. */
function splitDescription(description: string): [lead: string, rest: string] {
  const [lead = '', ...rest] = description.split('\n\n');
  return [lead, rest.join('\n\n')];
}

/** The page of an operation. */
export function operationPage(source: ReferenceSource, operation: Operation): DocsPage {
  const { document, prose } = source;
  const [lead, rest] = splitDescription(operation.description ?? '');
  const schemas = new SchemaView(document, prose);
  const names = schemasOf(document, operation);
  return {
    url: operationUrl(operation),
    title: operation.summary,
    description: plain(sentence(lead)),
    main: html`<article class="operation">
      <header>
        <p class="kicker">${groupLabel(operation.tag)}</p>
        <h1>${operation.summary}</h1>
        <p class="endpoint">${methodBadge(operation.method)} <code>${operation.path}</code></p>
        <p class="lead">${prose.line(sentence(lead))}</p>
        ${rest !== '' && html`<div class="more">${prose.paragraphs(rest)}</div>`}
      </header>
      ${aside(source, operation)}
      <div class="text">
        ${requestSections(source, operation)}
        ${section('responses', 'Responses', responseList(document, operation, prose))}
        ${section('errors', 'Errors', errorList(operation))}
        ${
          names.length === 0
            ? NOTHING
            : section(
                'schemas',
                'Schemas',
                names.map((name) => schemas.folded(name)),
              )
        }
      </div>
    </article>`,
  };
}
