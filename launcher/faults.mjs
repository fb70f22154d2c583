/** `npm run test:faults [-- options]`: compiles the fault suite and runs it. `--help` tells the options. */
import { inRoot } from './places.mjs';
import { performNode } from './programs.mjs';
import { runCommand } from './report.mjs';
import { START_STEPS, setUp } from './setup.steps.mjs';

await runCommand(async () => {
  await setUp(START_STEPS);
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  const compiled = await performNode([compiler, '-p', inRoot('test', 'faults', 'tsconfig.json')]);
  if (!compiled.ok) return 1;
  const command = inRoot('dist', 'test', 'faults', 'faults.command.js');
  return (await performNode([command, ...process.argv.slice(2)])).code;
});
