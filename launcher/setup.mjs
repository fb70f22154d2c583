/** `npm run setup`: does all of the set-up and nothing else. */
import { readArguments } from './arguments.mjs';
import { runCommand, say } from './report.mjs';
import { ALL_STEPS, setUp } from './setup.steps.mjs';

const HELP = `npm run setup

Installs and builds whatever \`npm start\` and \`npm test\` need, and starts nothing.`;

await runCommand(async () => {
  const { values } = readArguments({});
  if (values['help'] === true) return say(HELP);
  await setUp(ALL_STEPS);
});
