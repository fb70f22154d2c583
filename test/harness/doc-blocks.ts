import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the test of a block does: every block is of one of these classes. */
export type BlockClass = 'code' | 'page' | 'python' | 'run' | 'syntax' | 'json' | 'jsonl' | 'text';

/** A fenced block of the documentation. */
export interface DocBlock {
  file: string;
  /** Line of its fence. */
  line: number;
  language: string;
  text: string;
  /** What is said of it in a comment above the fence: `<!-- test: … -->`. */
  note: string;
}

const BLOCK = /^( *)(```+)([^`\s]*)\n([^]*?\n)? *\2 *$/gm;
/** Right above a fence, with nothing but empty lines between. */
const NOTE = /<!-- test: (.+) -->\s*$/;

/** Pages whose blocks are tested: what people read first, all guides, and what the npm package shows. */
export function docPages(): string[] {
  const guides = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  return [
    'README.md',
    'libs/sdk/package/README.md',
    'clients/python/README.md',
    ...guides.sort().map((name) => join('docs', name)),
  ];
}

/** The fenced blocks of a page, in order. @throws Error for a block that does not end */
export function blocksOf(file: string): DocBlock[] {
  const page = readFileSync(file, 'utf8');
  if (/^ *```/m.test(page.replace(BLOCK, ''))) throw new Error(`${file}: a block does not end`);
  return [...page.matchAll(BLOCK)].map(({ index, 1: indent = '', 3: language = '', 4: body = '' }) => {
    const before = page.slice(0, index);
    const lines = body.trimEnd().split('\n');
    return {
      ...{ file, language, line: before.split('\n').length, note: NOTE.exec(before)?.[1] ?? '' },
      text: lines.map((line) => line.slice(indent.length)).join('\n'),
    };
  });
}

/** Why a shell block is not run, from a closed list: what it needs is not there in a test, or it has tests of its own. */
export const REASONS: readonly string[] = [
  'starts the service',
  'installs packages',
  'takes minutes',
  'needs containers or a cluster',
  'needs systemd',
  'needs a second machine',
  'needs the internet',
  "needs an operator's files",
];

const CLASSES: Readonly<Record<string, BlockClass>> = {
  js: 'code',
  ts: 'code',
  html: 'page',
  python: 'python',
  json: 'json',
  jsonl: 'jsonl',
  text: 'text',
};

/** The class of a block. @throws Error for a language or a note that no class has */
export function classOf({ file, line, language, note }: DocBlock): BlockClass {
  const [what = '', reason = ''] = note.split(': ');
  const wrong = (why: string): Error => new Error(`${file}:${line}: ${why}`);
  if (language !== 'sh') {
    const found = CLASSES[language];
    if (found === undefined) throw wrong(`no test knows the language "${language}"`);
    if (note !== '' && !(found === 'code' && note === 'continues')) throw wrong(`no such note: ${note}`);
    return found;
  }
  if (what === 'not run') {
    if (!REASONS.includes(reason)) throw wrong(`not a reason to leave a block out: ${reason}`);
    return 'syntax';
  }
  if (note !== '' && note !== 'continues' && what !== 'needs') throw wrong(`no such note: ${note}`);
  return 'run';
}

/** A block and the blocks that it continues, as a reader pastes them from the top. */
export function pastedText(blocks: readonly DocBlock[], index: number): string {
  const block = blocks[index];
  if (block === undefined) return '';
  if (block.note !== 'continues') return block.text;
  const isSame = ({ language }: DocBlock): boolean => (language === 'sh') === (block.language === 'sh');
  const before = blocks.slice(0, index).findLastIndex(isSame);
  return `${pastedText(blocks, before)}\n${block.text}`;
}
