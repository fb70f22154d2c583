import { readFileSync } from 'node:fs';
import { settingRows } from '#config/settings-reference.js';
import { LANGUAGES } from './code-samples.js';
import { codeBlock, codeTabs } from './code-tabs.js';
import { html, trusted, type Html } from './html.js';
import { contentsList, type DocsPage } from './layout.js';
import { groupLabel, methodBadge } from './navigation.js';
import { operationUrl } from './open-api.js';
import type { ReferenceSource } from './operation-page.js';
import { sampleOf } from './sample-requests.js';

const TEMPLATE = 'apps/web/src/docs/start.html';

/** File extension of the examples of each language. */
const EXTENSIONS: Record<string, string> = { curl: 'sh', node: 'mjs', python: 'py', php: 'php' };

/** The examples of docs/examples, which the tests run. */
const examples = (topic: string): Html =>
  codeTabs(
    topic,
    LANGUAGES.map(({ id, label }) => ({
      ...{ id, label },
      code: readFileSync(`docs/examples/${id}/${topic}.${EXTENSIONS[id]}`, 'utf8').trimEnd(),
    })),
  );

/** The request of an operation as on its own page. */
function request({ document, operations }: ReferenceSource, id: string): Html {
  const operation = operations.find(({ operationId }) => operationId === id);
  if (operation === undefined) throw new Error(`no operation ${id}`);
  const sample = sampleOf(document, operation);
  return codeTabs(
    'request',
    LANGUAGES.map(({ render, ...language }) => ({ ...language, code: render(sample) })),
  );
}

/** Links to all operations, by group. */
const operationList = ({ document, operations }: ReferenceSource): Html =>
  html`${document.tags.map(
    ({ name, description }) =>
      html`<h3 id="${name}"><a href="#${name}">${groupLabel(name)}</a></h3>
        <p>${description}</p>
        <ul class="operations">
          ${operations
            .filter(({ tag }) => tag === name)
            .map(
              (operation) =>
                html`<li>
                  <a href="${operationUrl(operation)}"
                    >${methodBadge(operation.method)}<span>${operation.summary}</span
                    ><code>${operation.path}</code></a
                  >
                </li>`,
            )}
        </ul>`,
  )}`;

/** Default of a setting, for readers. */
function settingText(name: string): string {
  const row = settingRows().find((each) => each.name === name);
  if (row === undefined) throw new Error(`no setting ${name}`);
  const number = Number(row.fallback);
  if (!Number.isNaN(number)) return number.toLocaleString('en');
  return row.fallback.toUpperCase().replaceAll(',', ', ');
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Sections of the template: the headings of the second level. */
const sectionsOf = (main: string): { text: Html; anchor: string }[] =>
  [...main.matchAll(/<h2 id="([\w-]+)"><a [^>]*>([^<]+)</g)].map(([, anchor = '', text = '']) => ({
    ...{ anchor, text: trusted(text) },
  }));

/** The first page: a template with places for code, defaults of settings, and the list of operations. */
export function startPage(source: ReferenceSource): DocsPage {
  const template = readFileSync(TEMPLATE, 'utf8');
  const main = template
    .replaceAll(/<div data-examples="([\w-]+)"><\/div>/g, (_, topic: string) => examples(topic).text)
    .replaceAll(/<div data-request="(\w+)"><\/div>/g, (_, id: string) => request(source, id).text)
    .replaceAll(
      /<pre data-code="(\w+)" data-label="([^"]+)">\n?([^]*?)<\/pre>/g,
      (_, language: string, label: string, code: string) =>
        codeBlock(unescaped(code).trimEnd(), language, label).text,
    )
    .replace('<div data-operations></div>', () => operationList(source).text)
    .replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => settingText(name));
  return {
    url: '/docs/',
    title: 'Quick start',
    description:
      'How to use the API: one request, live events, long polling or batches, and a page for each operation.',
    main: html`${trusted(main)} ${contentsList(sectionsOf(main))}`,
  };
}
