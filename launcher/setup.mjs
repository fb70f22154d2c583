/** `npm run setup`: does all of the set-up and nothing else. */
import { runCommand } from './report.mjs';
import { setUp, TEST_STEPS } from './setup.steps.mjs';

await runCommand(() => setUp(TEST_STEPS));
