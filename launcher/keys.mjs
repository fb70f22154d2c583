/** `npm run keys -- create|list|revoke`: the command line of API keys, built first when needed. */
import { KEYS_COMMAND } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

await runCommand(async () => {
  await setUp(BUILD_STEPS);
  const { code } = await performNode([KEYS_COMMAND, ...process.argv.slice(2)]);
  return code;
});
