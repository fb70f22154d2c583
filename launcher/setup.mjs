/** `npm run setup`: does all of the set-up and nothing else. */
import { runCommand } from './report.mjs';
import { ALL_STEPS, setUp } from './setup.steps.mjs';

await runCommand(() => setUp(ALL_STEPS));
