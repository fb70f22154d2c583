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

/** Scripts use one core each. */
const SCRIPTS_AT_ONCE = 2;

/**
 * Runs the gates that are scripts, a few at a time; what each says comes under its own heading once it has ended.
 * @param {readonly import('./gates.mjs').ScriptGate[]} gates
 * @returns {Promise<(Tally & { name: string })[]>} in the order of the gates
 */
async function runScriptGates(gates) {
  const waiting = [...gates];
  /** @type {Map<string, Tally & { name: string }>} */
  const tallies = new Map();
  const runThem = async () => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      const startedAt = performance.now();
      const { output, ...tally } = await runScriptGate(gate);
      say(`\n── ${gate.name} ──${output === '' ? '' : `\n${output.trimEnd()}`}`);
      tallies.set(gate.name, sayVerdict({ name: gate.name, ...tally }, startedAt));
    }
  };
  await Promise.all(Array.from({ length: SCRIPTS_AT_ONCE }, runThem));
  return gates.flatMap(({ name }) => tallies.get(name) ?? []);
}

/**
 * Runs one gate of Jest tests under a heading of its own.
 * @param {import('./gates.mjs').JestGate} gate
 * @returns {Promise<Tally & { name: string }>}
 */
async function runGate(gate) {
  say(`\n── ${gate.name} ──`);
  const startedAt = performance.now();
  return sayVerdict({ name: gate.name, ...(await runJestGate(gate)) }, startedAt);
}

/**
 * @param {Tally & { name: string }} tally
 * @param {number} startedAt
 */
function sayVerdict(tally, startedAt) {
  const verdict = tally.failed === 0 ? 'passed' : 'FAILED';
  say(`${tally.name}: ${verdict} (${duration(performance.now() - startedAt)})`);
  return tally;
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
  tallies.push(...(await runScriptGates(gates.filter((gate) => 'script' in gate))));
  for (const gate of gates) if (!('script' in gate)) tallies.push(await runGate(gate));
  return summarize(tallies);
});
