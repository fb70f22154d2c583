import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { PROBLEMS } from '#contracts/problem-catalog.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { offlineDocument } from '../../../apps/api/src/offline-document.js';
import { LANGUAGES } from '../../../tools/src/docs/code-samples.js';
import { docsFiles } from '../../../tools/src/docs/docs-pages.js';
import { fieldsOf, type Field } from '../../../tools/src/docs/fields.js';
import { targetOf } from '../../../tools/src/docs/guide-page.js';
import { highlighted } from '../../../tools/src/docs/highlight.js';
import { html, trusted } from '../../../tools/src/docs/html.js';
import { operationsOf, type ApiDocument, type Operation } from '../../../tools/src/docs/open-api.js';
import { CHOSEN, sampleOf } from '../../../tools/src/docs/sample-requests.js';
import type { SearchEntry } from '../../../tools/src/docs/search-index.js';
import { find } from '../../../apps/web/src/docs/search-ranking.js';

let document: ApiDocument;
let operations: Operation[];
let files: Map<string, string>;

beforeAll(async () => {
  document = JSON.parse(JSON.stringify(await offlineDocument())) as ApiDocument;
  operations = operationsOf(document);
  files = docsFiles(document);
});

const pageOf = ({ slug }: { slug: string }): string => files.get(`docs/reference/${slug}/index.html`) ?? '';
const submit = (): Operation => operations.find(({ operationId }) => operationId === 'submitJob')!;

/** Text of a page as a reader sees it. */
const textOf = (page: string): string =>
  page
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

const idsOf = (page: string): string[] => [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id);

describe('given the OpenAPI document, when the pages are made', () => {
  it('then each operation has a page with its title, method, path and errors', () => {
    expect(operations.length).toBe(
      Object.values(document.paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0),
    );
    for (const operation of operations) {
      const page = pageOf(operation);
      expect(page).toContain(`<h1>${operation.summary}</h1>`);
      expect(page).toContain(`<code>${operation.path}</code>`);
      for (const status of Object.keys(operation.responses)) expect(textOf(page)).toContain(status);
      expect(operation.summary).not.toContain('`');
    }
  });

  it('then each value of an operation is listed once, with an anchor and an input of the form', () => {
    for (const operation of operations) {
      const page = pageOf(operation);
      const { path, form, options, query, header } = fieldsOf(operation);
      for (const { name } of [...path, ...form, ...options, ...query, ...header]) {
        expect(page.split(`<div id="${name}">`).length).toBe(2);
        // A photo in JSON cannot be sent by a form.
        if (sampleOf(document, operation).base64 !== undefined) continue;
        expect(page).toMatch(new RegExp(`id="try-(?:path|query|form|header)-${name}"`));
      }
    }
    for (const option of Object.keys(jobOptionsSchema.shape))
      expect(pageOf(submit())).toContain(`href="#${option}"`);
  });

  it('then the accepted values are in the list or the text, never in both', () => {
    const { schema } = fieldsOf(submit()).options.find(({ name }) => name === 'size')!;
    const [, row = ''] = /<div id="size">([^]*?)<\/dd>/.exec(pageOf(submit())) ?? [];
    for (const value of schema.enum ?? [])
      expect(row.split(`<code>${value}</code>`).length).toBe(value === schema.default ? 3 : 2);
  });

  it('then no id is used twice on a page', () => {
    for (const [file, page] of files) {
      const ids = idsOf(page);
      expect([file, ids.filter((id, index) => ids.indexOf(id) !== index)]).toEqual([file, []]);
    }
  });

  it('then each link within the site leads to a page and an anchor that exist', () => {
    const dead: string[] = [];
    let links = 0;
    const served = [...Object.keys(PROBLEMS).map((code) => `/problems/${code}`)];
    served.push('/', '/privacy', '/problems', '/openapi.json', '/.well-known/jwks.json', '/favicon.svg');
    for (const [file, page] of files) {
      for (const [, link = ''] of page.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
        links += 1;
        if (/^https?:/.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : files.get(`${path.slice(1)}index.html`);
        const isDead =
          target === undefined
            ? !served.includes(path)
            : anchor !== undefined && !idsOf(target).includes(anchor);
        if (isDead) dead.push(`${file}: ${link}`);
      }
    }
    expect(dead).toEqual([]);
    expect(links).toBeGreaterThan(1000);
  });

  it('then the content policy allows everything: no inline script, style, handler or other origin', () => {
    for (const [, page] of files) {
      expect(page).not.toMatch(/<script(?![^>]*\ssrc="\/)/);
      expect(page.replaceAll(/<code>[^]*?<\/code>/g, '')).not.toMatch(/<style|\sstyle="|\son\w+="|src="http/);
    }
  });

  it('then the search has all operations, options and errors, and finds the best first', () => {
    const entries = JSON.parse(files.get('docs/search.json') ?? '[]') as SearchEntry[];
    expect(entries.filter(({ k }) => k === 'Operation')).toHaveLength(operations.length);
    expect(entries.filter(({ k }) => k === 'Error')).toHaveLength(Object.keys(PROBLEMS).length);
    expect(find(entries, 'crop_margin')[0]?.u).toBe('/docs/reference/submit-job/#crop_margin');
    expect(find(entries, 'result-expired')[0]?.u).toBe('/problems/result-expired');
    expect(find(entries, 'download result')[0]?.u).toBe('/docs/reference/get-result/');
    expect(find(entries, 'no such thing at all')).toEqual([]);
  });
});

describe('given the sample requests', () => {
  it('when they are compared with the document, then each value is one of its operation', () => {
    for (const [id, { form = {}, query = {}, headers = {} }] of Object.entries(CHOSEN)) {
      const operation = operations.find(({ operationId }) => operationId === id)!;
      const fields = fieldsOf(operation);
      const names = Object.values<Field[]>({ ...fields }).flatMap((list) => list.map(({ name }) => name));
      for (const name of Object.keys({ ...form, ...query, ...headers }))
        expect([id, names]).toEqual([id, expect.arrayContaining([name])]);
    }
  });

  it('when they are rendered, then the page of the operation shows them in all languages', () => {
    for (const operation of operations) {
      const text = textOf(pageOf(operation));
      const sample = sampleOf(document, operation);
      for (const { render } of LANGUAGES) expect(text).toContain(render(sample));
    }
  });
});

describe('given the first page', () => {
  it('when its examples are read, then they are those of docs/examples', () => {
    const text = textOf(files.get('docs/index.html') ?? '');
    for (const topic of ['sse', 'long-poll', 'batch'])
      expect(text).toContain(readFileSync(`docs/examples/python/${topic}.py`, 'utf8').trimEnd());
    expect(text).not.toMatch(/\{\{|data-(?:examples|code|request)/);
  });
});

describe('given text for HTML', () => {
  it('when it has marks, then they are escaped, and HTML is not', () => {
    const text = '<b title="x">&';
    expect(html`<p title="${text}">${text}${trusted('<i></i>')}${false}</p>`.text).toBe(
      '<p title="&lt;b title=&quot;x&quot;&gt;&amp;">&lt;b title=&quot;x&quot;&gt;&amp;<i></i></p>',
    );
  });

  it('when code is highlighted, then its text is the same', () => {
    const code = 'curl -H "A: <b>" http://localhost:3000/v1 # 12 & more\n';
    expect(textOf(highlighted(code, 'curl').text)).toBe(code);
    expect(highlighted(code, 'curl').text).toContain('<span class="s">&quot;A: &lt;b&gt;&quot;</span>');
    expect(highlighted('<x>', 'unknown').text).toBe('&lt;x&gt;');
  });
});

describe('given a link in Markdown', () => {
  it.each([
    ['guides/polling.md', 'batches.md', '/docs/guides/batches/'],
    ['guides/polling.md', '../reference/limits.md#tiers', '/docs/limits/#tiers'],
    ['guides/polling.md', '../reference/options.md', '/docs/reference/submit-job/#options'],
    ['guides/polling.md', '#rules', '#rules'],
    ['guides/polling.md', 'https://example.com/', 'https://example.com/'],
    ['guides/polling.md', '../operate/runbooks.md', undefined],
  ])('when it is in %s to %s, then it leads to %s', (page, link, target) => {
    expect(targetOf(page, link)).toBe(target);
  });
});
