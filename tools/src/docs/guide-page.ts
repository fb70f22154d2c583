import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { Marked, type Tokens } from 'marked';
import { codeBlock } from './code-tabs.js';
import { escapeHtml, html, trusted } from './html.js';
import { contentsList, type DocsPage } from './layout.js';
import type { NavigationLink } from './navigation.js';
import { plain } from './prose.js';

/** Pages of docs/ that clients of the API read, in the order of the sidebar, and their labels. */
const GUIDES: Record<string, string> = {
  'guides/polling.md': 'Polling',
  'guides/events.md': 'Events',
  'guides/batches.md': 'Batches',
  'guides/sdk.md': 'SDK',
  'guides/cli.md': 'Command line',
  'guides/image-url.md': 'Images by URL',
  'guides/choose-the-subject.md': 'Choose the subject',
  'guides/check-results.md': 'Which results to check',
  'guides/drawings.md': 'Drawings',
  'guides/color.md': 'Color',
  'guides/masks.md': 'Masks',
  'guides/receipts.md': 'Deletion receipts',
  'guides/migrate-from-removebg.md': 'Move from remove.bg',
  'guides/migrate-from-photoroom.md': 'Move from Photoroom',
  'guides/migrate-from-withoutbg.md': 'Move from withoutBG',
  'guides/migrate-from-rembg.md': 'Move from rembg',
};

/** Pages of docs/ with an address of their own. */
const PAGES: Record<string, string> = {
  'reference/limits.md': '/docs/limits/',
  'glossary.md': '/docs/glossary/',
};

/** Where links to pages that are not served lead instead. Links to all others become text. */
const INSTEAD: Record<string, string> = {
  'reference/options.md': '/docs/reference/submit-job/#options',
  'reference/errors.md': '/docs/errors/',
  'reference/http-api.md': '/docs/#reference',
  'examples/README.md': '/docs/#waiting',
  'operate/metering.md': '/docs/#keys',
  'operate/metering.md#tiers': '/docs/limits/#tiers',
  'explanation/retention.md': '/privacy',
  'guides/web-page.md': '/',
};

const slugOfGuide = (path: string): string => posix.basename(path, '.md');

const urlOf = (path: string): string | undefined =>
  path in GUIDES ? `/docs/guides/${slugOfGuide(path)}/` : PAGES[path];

/** Links of the sidebar. */
export const GUIDE_LINKS: readonly NavigationLink[] = Object.entries(GUIDES).map(([path, label]) => ({
  ...{ label, url: `/docs/guides/${slugOfGuide(path)}/` },
}));

/** Sources of all pages from Markdown, below docs/. */
export const MARKDOWN_PAGES: readonly string[] = [...Object.keys(GUIDES), ...Object.keys(PAGES)];

/** The anchor of a heading, as on GitHub. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

/** Address of a link in a page. Undefined: its target is not served. */
export function targetOf(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link) || link.startsWith('#')) return link;
  const [path = '', anchor] = posix.join(posix.dirname(page), link).split('#');
  const url = urlOf(path);
  if (url !== undefined) return anchor === undefined ? url : `${url}#${anchor}`;
  return INSTEAD[`${path}#${anchor}`] ?? INSTEAD[path];
}

interface Heading {
  depth: number;
  text: string;
  anchor: string;
}

/** The renderer of one page: collects its headings. Comments, which are notes for tests, are left out. */
function rendererFor(page: string, headings: Heading[]): Marked {
  // Regions have names of their own.
  let [examples, tables] = [0, 0];
  return new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }: Tokens.Heading) {
        const text = this.parser.parseInline(tokens, this.parser.textRenderer);
        const anchor = anchorOf(text);
        headings.push({ depth, text, anchor });
        const content = this.parser.parseInline(tokens);
        return depth === 1
          ? `<h1>${content}</h1>`
          : `<h${depth} id="${anchor}"><a href="#${anchor}">${content}</a></h${depth}>`;
      },
      code({ text, lang = '' }: Tokens.Code) {
        examples += 1;
        return codeBlock(text, lang, `Example ${examples}`).text;
      },
      // A list of values may break after its commas.
      codespan({ text }: Tokens.Codespan) {
        return `<code>${escapeHtml(text).replaceAll(',', ',<wbr>')}</code>`;
      },
      link({ href, tokens }: Tokens.Link) {
        const content = this.parser.parseInline(tokens);
        const target = targetOf(page, href);
        return target === undefined ? content : `<a href="${escapeHtml(target)}">${content}</a>`;
      },
      table(token: Tokens.Table) {
        const cells = (row: Tokens.TableCell[], tag: string): string =>
          row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('');
        const rows = token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('');
        tables += 1;
        const label = `Table ${tables}: ${headings.at(-1)?.text ?? ''}`;
        const table = `<table><thead><tr>${cells(token.header, 'th')}</tr></thead><tbody>${rows}</tbody></table>`;
        return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(label)}">${table}</div>`;
      },
      html: () => '',
    },
  });
}

/** Text of a page of docs/ without what is of interest to contributors only. */
const textOf = (path: string): string =>
  readFileSync(posix.join('docs', path), 'utf8').replace(/^Generated by `npm run reference.*\n/m, '');

/** A page of docs/ as a page of the site. Commands run in the root of the repository. @param path below docs/ */
export function guidePage(path: string): DocsPage {
  const headings: Heading[] = [];
  const content = rendererFor(path, headings).parse(textOf(path), { async: false });
  const [title, ...others] = headings;
  const sections = others.filter(({ depth }) => depth === 2);
  const label = GUIDES[path] ?? plain(title?.text ?? '');
  return {
    url: urlOf(path) ?? '/docs/',
    title: label,
    description: `${label}: a guide to the API of Removebg BD.`,
    main: html`<article class="guide prose">${trusted(content)}</article>
      ${contentsList(sections.map(({ text, anchor }) => ({ text: trusted(text), anchor })))}`,
  };
}
