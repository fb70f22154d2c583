/** `npm run bench -- NAME [options]`: compiles the benchmarks and runs one of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { EXIT_USAGE, requireOption } from './arguments.mjs';
import { inRoot } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand, say } from './report.mjs';
import { START_STEPS, setUp } from './setup.steps.mjs';

const names = readdirSync(inRoot('bench'))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));

await runCommand(async () => {
  const [name = '', ...rest] = process.argv.slice(2);
  if (!names.includes(name)) {
    say(`usage: npm run bench -- ${names.join('|')} [options]; NAME --help tells them`);
    return name === '--help' ? 0 : EXIT_USAGE;
  }
  if (rest.includes('--help')) {
    say(aboutOf(name));
    return 0;
  }
  requireKnown(rest, aboutOf(name));
  await setUp(START_STEPS);
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  const compiled = await performNode([compiler, '-p', inRoot('bench', 'tsconfig.json')]);
  if (!compiled.ok) return 1;
  const { ok } = await performNode([inRoot('dist', 'bench', `${name}.bench.js`), ...rest]);
  return ok ? 0 : 1;
});

/**
 * A benchmark takes the options that its first comment names.
 * @param {string[]} args
 * @param {string} about
 */
function requireKnown(args, about) {
  const known = [...about.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option);
  for (const arg of args) {
    if (arg.startsWith('--')) requireOption(arg, known);
  }
}

/**
 * What the first comment of a benchmark says: what it measures, and its options.
 * @param {string} name
 */
function aboutOf(name) {
  const [, comment = ''] =
    /^\/\*\*\n([^]*?)\n \*\//.exec(readFileSync(inRoot('bench', `${name}.bench.ts`), 'utf8')) ?? [];
  return comment.replaceAll(/^ \* ?/gm, '');
}
