import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { settingRows } from '#config/settings-reference.js';

/** Markdown files below a folder. */
const pagesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .sort();

const TOP = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
/** What people read first. */
const DOCS = [...TOP, ...pagesBelow('docs')];
const PAGES = [...DOCS, ...['apps', 'bench', 'deploy', 'libs'].flatMap(pagesBelow)];

const MAX_README_LINES = 200;
const MAX_README_BYTES = 12_000;
const MAX_CELL_CHARACTERS = 160;

/** The text of a page without fenced blocks. */
const unfenced = (page: string): string => page.replaceAll(/^( *)(```+)[^]*?\n *\2 *$/gm, '');
/** The text of a page that people read: no code, no addresses, no comments. */
const prose = (page: string): string =>
  unfenced(page)
    .replaceAll(/`[^`]*`/g, '')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .replaceAll(/<!--[^]*?-->|<[^>]*>/g, '');

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of unfenced(page).matchAll(/^#+ (.+)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Links of a page to other files or to its own headings. */
const linksOf = (page: string): string[] =>
  [
    ...unfenced(page)
      .replaceAll(/`[^`]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** True for a link to a file, and a heading in it, that exist. */
function resolves(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor);
}

/**
 * Words that the documentation does not use: metaphors for processes and jobs, British spelling, and phrases that say
 * what is not instead of what is. The terms to use are in docs/glossary.md.
 */
const REFUSED_WORDS: readonly RegExp[] = [
  ...[/\btells?\b/i, /\btold\b/i, /\bhears?\b/i, /\bheard\b/i, /\bbegun\b/i, /\baway\b/i],
  ...[/\bseat(s|ed)?\b/i, /\blegs?\b/i, /\bflights\b/i, /\bpulses?\b/i, /\btrails?\b/i, /\bstanding\b/i],
  ...[
    /\bwhoever\b/i,
    /\bnobody\b/i,
    /\bpatien(ce|t|tly)\b/i,
    /\bhopeless\b/i,
    /\bbur(y|ied)\b/i,
    /\bdoomed\b/i,
  ],
  ...[/\bsuspects?\b/i, /\bculprits?\b/i, /\bconvict/i, /\bverdicts?\b/i, /\bevacuate/i, /\bdarkroom\b/i],
  ...[/\bstop bell\b/i, /\bpresenter\b/i, /\btakes? (its|their|a) turn/i, /\bturn by turn\b/i],
  ...[/colour/i, /catalogue/i, /licen[c]e/i, /normalis/i, /quantis/i, /behaviour/i, /\bgrey/i],
  ...[/what cannot be/i, /\bg(ive[ns]?|ave) up\b/i, /\bsign of life\b/i, /stands in the queue/i],
  ...[/\b(int8|float|neural) network\b/i, /the network('s mask| sees| gives)/i, /goes on by itself/i],
];

/** Where a text gives the default of a setting beside its name, such as "`MAX_WAIT_S` (60 s)". */
function defaultsIn(text: string): string[] {
  const numeric = settingRows().filter(({ fallback }) => /^\d{2,}$/.test(fallback));
  return numeric.flatMap(({ name, fallback }) => {
    const digits = `(?:${fallback}|${Number(fallback).toLocaleString('en')})`;
    const pattern = new RegExp(`\\b${name}\\b[^\\w\\n|=]{1,4}(?:[a-z]+ ){0,2}${digits}\\b`, 'g');
    return [...text.matchAll(pattern)].map(([found]) => found);
  });
}

/** Paths of the repository in code spans: folders, files, `{a,b}` for two of them. Patterns with `*` are not looked up. */
function pathsIn(text: string): string[] {
  const spans = [...text.matchAll(/`((?:apps|libs|test|bench|tools|deploy|models)\/[\w./{},-]+)`/g)];
  return spans.flatMap(([, span = '']) => {
    const [, before = '', names, after = ''] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(span) ?? [];
    return names === undefined ? [span] : names.split(',').map((name) => `${before}${name}${after}`);
  });
}

describe('the documentation', () => {
  it('given the README, when it is measured, then it is short', () => {
    const page = readFileSync('README.md');
    expect(page.length).toBeLessThanOrEqual(MAX_README_BYTES);
    expect(page.toString().trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_README_LINES);
  });

  it.each(DOCS)('given %s, when its tables are measured, then no cell is wider than a screen', (path) => {
    const rows = unfenced(readFileSync(path, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const cells = rows.flatMap((row) => row.split(/(?<!\\)\|/)).map((cell) => cell.trim());
    expect(cells.filter((cell) => cell.length > MAX_CELL_CHARACTERS && !/^-+$/.test(cell))).toEqual([]);
  });

  it.each(PAGES)('given %s, when its links are followed, then each file and heading exists', (path) => {
    const links = linksOf(readFileSync(path, 'utf8'));
    expect(links.filter((link) => !resolves(path, link))).toEqual([]);
  });

  it.each(DOCS.filter((path) => path !== 'CHANGELOG.md'))(
    'given %s, when its paths are looked up, then each exists',
    (path) => {
      const paths = pathsIn(unfenced(readFileSync(path, 'utf8')));
      expect(paths.filter((name) => !existsSync(name))).toEqual([]);
    },
  );

  it.each(DOCS)('given %s, when its words are looked up, then each is a plain term', (path) => {
    const text = prose(readFileSync(path, 'utf8'));
    const found = REFUSED_WORDS.flatMap((word) => word.exec(text)?.[0] ?? []);
    expect(found).toEqual([]);
  });

  it.each(DOCS.filter((path) => path.startsWith('docs/') && !path.startsWith('docs/reference/')))(
    'given %s, when its numbers are looked up, then none is the default of a setting beside its name',
    (path) => {
      expect(defaultsIn(unfenced(readFileSync(path, 'utf8')))).toEqual([]);
    },
  );

  it('given the glossary, when its terms are listed, then each is defined once', () => {
    const page = readFileSync('docs/glossary.md', 'utf8');
    const terms = [...page.matchAll(/^- \*\*([^*]+)\*\*: /gm)].map(([, term = '']) => term.toLowerCase());
    expect(terms.length).toBeGreaterThan(50);
    expect(terms).toEqual([...new Set(terms)]);
  });

  it('given the index, when its links are collected, then it leads to every page', () => {
    const index = new Set(linksOf(readFileSync('docs/README.md', 'utf8')).map((link) => join('docs', link)));
    const missing = pagesBelow('docs').filter((path) => path !== 'docs/README.md' && !index.has(path));
    expect(missing).toEqual([]);
  });
});
