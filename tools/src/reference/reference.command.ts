/** `npm run reference -- --check|--write`: compares or writes the generated pages of docs/reference. */
import { readFileSync, writeFileSync } from 'node:fs';
import { REFERENCE_PAGES } from './pages.js';

const readPage = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const stale = Object.entries(REFERENCE_PAGES)
  .map(([path, render]) => ({ path, text: render() }))
  .filter(({ path, text }) => readPage(path) !== text);

if (process.argv.includes('--write')) {
  for (const { path, text } of stale) {
    writeFileSync(path, text);
    process.stdout.write(`written: ${path}\n`);
  }
} else if (stale.length > 0) {
  const paths = stale.map(({ path }) => path).join(', ');
  process.stderr.write(`Out of date: ${paths}. Run \`npm run reference -- --write\`.\n`);
  process.exitCode = 1;
}
