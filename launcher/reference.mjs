/** `npm run reference -- --check|--write`: the generated pages of docs/reference, built first when needed. */
import { readArguments } from './arguments.mjs';
import { REFERENCE_COMMAND } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand, say } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

const HELP = `npm run reference -- [--check|--write]

Compares the pages of docs/reference with the code that they are generated from.

  --check   fail when a page is out of date (default)
  --write   write the pages that are out of date`;

await runCommand(async () => {
  const { values } = readArguments({ check: { type: 'boolean' }, write: { type: 'boolean' } });
  if (values['help'] === true) return say(HELP);
  await setUp(BUILD_STEPS);
  const { ok } = await performNode([REFERENCE_COMMAND, ...process.argv.slice(2)]);
  return ok ? 0 : 1;
});
