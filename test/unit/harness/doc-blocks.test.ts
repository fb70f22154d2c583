import { spawnSync } from 'node:child_process';
import { blocksOf, classOf, docPages, type DocBlock } from '../../harness/doc-blocks.js';

const blocks = docPages().flatMap(blocksOf);
const of = (...classes: string[]): [string, DocBlock][] =>
  blocks
    .filter((block) => classes.includes(classOf(block)))
    .map((block) => [`${block.file}:${block.line}`, block]);

/** A call of a service on this machine, which a test can start. */
const CALL = /\b(?:localhost|127\.0\.0\.1):3000\/v1|^removebg (?!audit|--help|.*--local)/m;

describe('given the fenced blocks of the documentation', () => {
  it('when each is looked at, then some test runs, compiles or reads it', () => {
    expect(blocks.map(classOf).length).toBeGreaterThan(40);
    for (const name of ['code', 'run', 'syntax', 'json'])
      expect([name, of(name).length]).not.toEqual([name, 0]);
  });

  it.each(of('run', 'syntax'))('when %s is read by bash, then it has no fault of syntax', (_, { text }) => {
    const { stderr, status } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  });

  it.each(of('syntax'))(
    'when %s is not run, then it calls nothing that a test could call',
    (_, { text, note }) => {
      if (note !== 'not run: needs the internet') expect(text).not.toMatch(CALL);
      else expect(text).toContain('https://');
    },
  );

  it.each(of('run', 'syntax'))(
    'when %s is pasted into zsh, then no comment becomes arguments',
    (_, { text }) => {
      // zsh, the shell of macOS, knows no comments where people type.
      expect(text).not.toMatch(/^ *[^#\s].*[ \t]# /m);
    },
  );

  it.each(of('json'))('when %s is parsed, then it is JSON', (_, { text }) => {
    expect(JSON.parse(text)).toBeInstanceOf(Object);
  });

  it.each(of('jsonl'))('when %s is parsed, then each line is JSON', (_, { text }) => {
    for (const line of text.split('\n')) expect(JSON.parse(line)).toBeInstanceOf(Object);
  });
});
