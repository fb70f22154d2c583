/** `npm run settings`: every setting with its default and meaning, from the schema, built first when needed. */
import { SETTINGS_COMMAND } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

await runCommand(async () => {
  await setUp(BUILD_STEPS);
  const { ok } = await performNode([SETTINGS_COMMAND, ...process.argv.slice(2)]);
  return ok ? 0 : 1;
});
