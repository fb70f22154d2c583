/** `npm run reference -- --check|--write`: compares or writes the generated pages of docs/reference. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readArguments } from '../arguments.js';
import { runCommand, say, ToolError } from '../report.js';
import { REFERENCE_PAGES } from './pages.js';

const readPage = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

await runCommand(async () => {
  const { values } = readArguments({ check: { type: 'boolean' }, write: { type: 'boolean' } });
  const stale = Object.entries(REFERENCE_PAGES)
    .map(([path, render]) => ({ path, text: render() }))
    .filter(({ path, text }) => readPage(path) !== text);
  if (values['write'] === true) {
    for (const { path, text } of stale) {
      writeFileSync(path, text);
      say(`written: ${path}`);
    }
  } else if (stale.length > 0) {
    const paths = stale.map(({ path }) => path).join(', ');
    throw new ToolError(`Out of date: ${paths}. Run \`npm run reference -- --write\`.`);
  }
  return 0;
});
