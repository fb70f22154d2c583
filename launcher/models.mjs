/** `npm run models -- list|prepare|verify`: the model registry's command line, built first when needed. */
import { MODELS_COMMAND } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

await runCommand(async () => {
  await setUp(BUILD_STEPS);
  const { code } = await performNode([MODELS_COMMAND, ...process.argv.slice(2)]);
  return code;
});
