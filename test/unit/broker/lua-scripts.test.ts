import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { loadScript } from '#broker/redis/lua-scripts.js';

const FOLDER = 'libs/broker/lua';
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.lua'),
);
const scripts = files.filter((file) => !file.includes('/')).map((file) => file.replace('.lua', ''));
const read = (file: string): string => readFileSync(`${FOLDER}/${file}`, 'utf8');
const sources = readdirSync('libs/broker/src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(`libs/broker/src/${file}`, 'utf8') }));

const hasProgram = (program: string): boolean => {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe.each(scripts)('%s.lua', (name) => {
  const [header = '', body = ''] = read(`${name}.lua`).split(/\]\]\n/);

  test('numbers its keys in the header, and names each of them in the script', () => {
    const numbers = Array.from(header.matchAll(/^ {2}KEYS\[(\d+)\] \S/gm), ([, number]) => Number(number));
    expect(numbers).toEqual(Array.from(numbers, (_, i) => i + 1));
    expect(loadScript(name).numberOfKeys).toBe(numbers.length);
    const used = new Set(Array.from(body.matchAll(/KEYS\[(\d+)\]/g), ([, number]) => Number(number)));
    expect([...used].sort()).toEqual(numbers);
  });

  test('takes one argument', () => {
    expect(header.match(/^ {2}ARGV\[\d+\]/gm)).toEqual(['  ARGV[1]']);
    const used = new Set(body.match(/ARGV\[?\w*\]?/g));
    used.delete('ARGV[1]');
    expect([...used]).toEqual([]);
  });

  test('is run by exactly one part of the broker', () => {
    const callers = sources.filter(({ text }) => new RegExp(`defineScript\\(\\w+, '${name}'\\)`).test(text));
    expect(callers).toHaveLength(1);
  });

  test('contains each include once, and no line that asks for one', () => {
    const { lua } = loadScript(name);
    expect(lua).not.toContain('@include');
    for (const include of files.filter((file) => file.startsWith('includes/'))) {
      const text = read(include).split('--- @include')[0]!.trim();
      expect(lua.split(text).length).toBeLessThanOrEqual(2);
    }
  });
});

test('a script without a header is refused', () => {
  expect(() => loadScript('includes/time')).toThrow('needs a header');
});

(hasProgram('luacheck') ? test : test.skip)('luacheck finds nothing', () => {
  // Includes are text: a script may leave names of theirs unused, or use them for its own.
  const options = ['--no-color', '--std', 'lua51', '--no-unused', '--no-redefined', '--no-max-line-length'];
  options.push('--read-globals', 'redis', 'cjson', 'KEYS', 'ARGV');
  for (const name of scripts) {
    execFileSync('luacheck', ['-', ...options], { input: loadScript(name).lua });
  }
});

test('names of keys that BullMQ makes are in bullmq-internals.ts only', () => {
  const naming = sources.filter(({ text }) =>
    /['":`](prioritized|stalled-check|stalled|wait)['"`]|:active['"`]|queueKey\('/.test(text),
  );
  expect(naming.map(({ file }) => file.split('/').at(-1))).toEqual(['bullmq-internals.ts']);
});
