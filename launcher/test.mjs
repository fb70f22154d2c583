/** `npm test [-- gate…]`: set-up, then every gate; its last line is the sum. */
import { readArguments } from './arguments.mjs';
import { runJestGate } from './gate.jest.mjs';
import { runScriptGate } from './gate.script.mjs';
import { chooseGates, GATES } from './gates.mjs';
import { inRoot } from './places.mjs';
import { describe, duration, runCommand, say } from './report.mjs';
import { setUp, TEST_STEPS } from './setup.steps.mjs';
import { filesIn } from './stamp.mjs';
import { chromiumStep } from './step.chromium.mjs';
import { toolSteps } from './step.tools.mjs';

/** @typedef {import('./gate.jest.mjs').Tally} Tally */

const KNOWN = `The gates are ${GATES.map(({ name }) => name).join(', ')}.`;
const HELP = `npm test -- [gate…]

Sets up what is missing and runs the gates named, or all of them.
${KNOWN}`;

/**
 * Runs one gate under a heading of its own.
 * @param {import('./gates.mjs').Gate} gate
 * @returns {Promise<Tally & { name: string }>}
 */
async function runGate(gate) {
  say(`\n── ${gate.name} ──`);
  const startedAt = performance.now();
  const tally = 'script' in gate ? await runScriptGate(gate) : await runJestGate(gate);
  const verdict = tally.failed === 0 ? 'passed' : 'FAILED';
  say(`${gate.name}: ${verdict} (${duration(performance.now() - startedAt)})`);
  return { name: gate.name, ...tally };
}

/**
 * Test files that no gate would ever run.
 * @returns {Tally & { name: string }}
 */
function findForgotten() {
  const folders = GATES.flatMap((gate) => ('folders' in gate ? gate.folders : []));
  const isCovered = (/** @type {string} */ file) =>
    folders.some((folder) => file.startsWith(inRoot(folder, '/')));
  const tests = filesIn(inRoot('test')).filter((file) => file.endsWith('.test.ts'));
  const notes = tests.filter((file) => !isCovered(file)).map((file) => `in no gate: ${file}`);
  return { name: 'gates', passed: 0, failed: notes.length, notes };
}

/**
 * Does one part of the set-up; what goes wrong is a failed test.
 * @param {string} name
 * @param {Parameters<typeof setUp>[0]} steps
 * @returns {Promise<Tally & { name: string }>}
 */
async function trySetUp(name, steps) {
  try {
    await setUp(steps);
    return { name, passed: 0, failed: 0, notes: [] };
  } catch (error) {
    say(describe(error));
    return { name, passed: 0, failed: 1, notes: [describe(error)] };
  }
}

/**
 * Prints what failed and the sum.
 * @param {(Tally & { name: string })[]} tallies
 * @returns {number} exit status
 */
function summarize(tallies) {
  say('\n── summary ──');
  for (const { name, passed, failed, notes } of tallies) {
    if (passed + failed > 0)
      say(`${failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${passed} passed, ${failed} failed`);
    for (const note of notes) say(`         ${note}`);
  }
  const sum = (/** @type {'passed' | 'failed'} */ key) =>
    tallies.reduce((total, tally) => total + tally[key], 0);
  say(`tests: ${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

await runCommand(async () => {
  const { values, positionals } = readArguments({}, { positionals: true });
  const { gates, unknown } = chooseGates(positionals);
  if (values['help'] === true) return say(HELP);
  if (unknown.length > 0) {
    say(`There is no gate ${unknown.join(', ')}. ${KNOWN}`);
    return summarize([{ name: 'gates', passed: 0, failed: unknown.length, notes: [] }]);
  }
  const tallies = [await trySetUp('set-up', TEST_STEPS)];
  if (tallies[0]?.failed === 1) return summarize(tallies);
  tallies.push(findForgotten());
  // Without a browser all other gates still have something to say.
  if (gates.some(({ name }) => name === 'browser'))
    tallies.push(await trySetUp('browser set-up', [chromiumStep]));
  for (const step of toolSteps(gates.map(({ name }) => name)))
    tallies.push(await trySetUp(step.name, [step]));
  for (const gate of gates) tallies.push(await runGate(gate));
  return summarize(tallies);
});
