/** `npm run bench -- NAME [options]`: compiles the benchmarks and runs one of them. */
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { requireOption } from './arguments.js';
import { filesIn } from './files.js';
import { inDist, inRoot } from './paths.js';
import { compile, runNode } from './processes.js';
import { EXIT_USAGE, runCommand, say } from './report.js';
import { setUp } from './set-up.js';

/** Source file of each benchmark, by name. */
const benchmarks = new Map(
  filesIn(inRoot('bench'))
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => [basename(file, '.bench.ts'), file]),
);

/** The first comment of a benchmark: what it measures, and its options. */
function helpOf(file: string): string {
  const [, comment = ''] = /^\/\*\*\n([^]*?)\n \*\//.exec(readFileSync(file, 'utf8')) ?? [];
  return comment.replaceAll(/^ \* ?/gm, '');
}

await runCommand(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  const file = benchmarks.get(name);
  if (file === undefined) {
    say(`usage: npm run bench -- NAME [options]      npm run bench -- NAME --help\n`);
    say(`Benchmarks: ${[...benchmarks.keys()].join(', ')}`);
    return name === '--help' || name === '-h' ? 0 : EXIT_USAGE;
  }
  const help = helpOf(file);
  if (args.includes('--help') || args.includes('-h')) {
    say(help);
    return 0;
  }
  const options = [...help.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option);
  for (const arg of args) if (arg.startsWith('--')) requireOption(arg, options);
  await setUp(['redis', 'models']);
  if (!(await compile('bench/tsconfig.json'))) return 1;
  const program = inDist(relative(inRoot(), file).replace(/\.ts$/, '.js'));
  return (await runNode([program, ...args])).ok ? 0 : 1;
});
