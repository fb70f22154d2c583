/** `npm run test:hostile -- [--all]`: the hostile gate alone; `--all` cuts out the whole corpus. */
import { readArguments } from './arguments.mjs';
import { runJestGate } from './gate.jest.mjs';
import { GATES } from './gates.mjs';
import { runCommand, say } from './report.mjs';
import { setUp, START_STEPS } from './setup.steps.mjs';

await runCommand(async () => {
  const { values } = readArguments({ all: { type: 'boolean' } });
  if (values['help'] === true) return say('usage: npm run test:hostile -- [--all]');
  if (values['all'] === true) process.env['HOSTILE'] = 'all';
  await setUp(START_STEPS);
  const gate = GATES.find(({ name }) => name === 'hostile');
  if (gate === undefined || 'script' in gate) return 1;
  const { passed, failed, notes } = await runJestGate(gate);
  for (const note of notes) say(note);
  say(`tests: ${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
