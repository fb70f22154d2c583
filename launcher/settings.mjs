/** `npm run settings`: every setting with its default and meaning, from the schema, built first when needed. */
import { readArguments } from './arguments.mjs';
import { SETTINGS_COMMAND } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand, say } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

const HELP = `npm run settings -- [--markdown]

Prints every setting with its meaning, its default and what it accepts.

  --markdown   as the table of docs/reference/configuration.md`;

await runCommand(async () => {
  const { values } = readArguments({ markdown: { type: 'boolean' } });
  if (values['help'] === true) return say(HELP);
  await setUp(BUILD_STEPS);
  const { ok } = await performNode([SETTINGS_COMMAND, ...process.argv.slice(2)]);
  return ok ? 0 : 1;
});
