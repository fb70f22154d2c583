/** `npm test [-- GATE…]`: set-up, then the gates. The last line is `tests: N passed, N failed`. */
import { readArguments } from './arguments.js';
import { describe, duration, runCommand, say } from './report.js';
import { chromiumStep, setUp, testToolSteps, type Step } from './set-up.js';
import {
  GATE_NAMES,
  JEST_RUNS,
  runJestGates,
  runScriptGate,
  SCRIPT_GATES,
  testsWithoutGate,
  type JestRun,
  type ScriptGate,
  type Tally,
} from './test-gates.js';

/** Scripts use one core each. */
const SCRIPTS_AT_ONCE = 2;
/** How many of the slowest test files are listed. */
const SLOW_FILES = 20;

type NamedTally = Tally & { name: string };

const tally = (name: string, notes: string[] = []): NamedTally => ({
  ...{ name, passed: 0, failed: notes.length, notes, files: [] },
});

/** Runs scripts, a few at a time. The output of each is printed under its heading when it has ended. */
async function runScriptGates(gates: readonly ScriptGate[]): Promise<NamedTally[]> {
  const queue = [...gates];
  const tallies: NamedTally[] = [];
  const runQueue = async (): Promise<void> => {
    for (let gate = queue.shift(); gate !== undefined; gate = queue.shift()) {
      const startedAt = performance.now();
      const { output, ...result } = await runScriptGate(gate);
      say(`\n── ${gate.name} ──${output === '' ? '' : `\n${output.trimEnd()}`}`);
      tallies.push(report({ ...result, name: gate.name }, startedAt));
    }
  };
  await Promise.all(Array.from({ length: SCRIPTS_AT_ONCE }, runQueue));
  const order = gates.map(({ name }) => name);
  return tallies.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

function report(result: NamedTally, startedAt: number): NamedTally {
  const outcome = result.failed === 0 ? 'passed' : 'FAILED';
  say(`${result.name}: ${outcome} (${duration(performance.now() - startedAt)})`);
  return result;
}

/** Runs gates of Jest tests in one call. */
async function runJest(run: JestRun): Promise<NamedTally[]> {
  const names = run.gates.map(({ name }) => name).join(', ');
  say(`\n── ${names} ──`);
  const startedAt = performance.now();
  const tallies = [...(await runJestGates(run))].map(([name, result]) => ({ ...result, name }));
  const failed = tallies.filter((each) => each.failed > 0).map(({ name }) => name);
  const outcome = failed.length === 0 ? 'passed' : `FAILED: ${failed.join(', ')}`;
  say(`${names}: ${outcome} (${duration(performance.now() - startedAt)})`);
  return tallies;
}

/** Does a part of the set-up. A failure counts as a failed test. */
async function trySetUp(name: string, steps: Parameters<typeof setUp>[0]): Promise<NamedTally> {
  try {
    await setUp(steps);
    return tally(name);
  } catch (error) {
    say(describe(error));
    return tally(name, [describe(error)]);
  }
}

/** What only some gates need. Without it the other gates still run. */
async function setUpGates(isWanted: (gate: string) => boolean): Promise<NamedTally[]> {
  const steps: Step[] = testToolSteps(GATE_NAMES.filter(isWanted));
  if (isWanted('browser') || isWanted('responsiveness')) steps.unshift(chromiumStep);
  const tallies: NamedTally[] = [];
  for (const step of steps) tallies.push(await trySetUp(step.name, [step]));
  return tallies;
}

/** Prints the slowest test files, the failures and the total. Returns the exit status. */
function summarize(tallies: NamedTally[]): number {
  const files = tallies.flatMap((each) => each.files).sort((a, b) => b.seconds - a.seconds);
  if (files.length > 0) say('\n── slowest test files ──');
  for (const { file, seconds } of files.slice(0, SLOW_FILES))
    say(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
  say('\n── summary ──');
  for (const { name, passed, failed, notes } of tallies) {
    if (passed + failed > 0)
      say(`${failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${passed} passed, ${failed} failed`);
    for (const note of notes) say(`         ${note}`);
  }
  const sum = (key: 'passed' | 'failed'): number => tallies.reduce((total, each) => total + each[key], 0);
  say(`tests: ${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

await runCommand(async () => {
  const { values, positionals: names } = readArguments(
    { all: { type: 'boolean' } },
    { hasPositionals: true },
  );
  if (values['all'] === true) process.env['HOSTILE'] = 'all';
  const unknown = names.filter((name) => !GATE_NAMES.includes(name));
  if (unknown.length > 0) {
    say(`Unknown gate: ${unknown.join(', ')}. The gates are ${GATE_NAMES.join(', ')}.`);
    return summarize([{ ...tally('gates'), failed: unknown.length }]);
  }
  const isWanted = (gate: string): boolean => names.length === 0 || names.includes(gate);
  const setUpTally = await trySetUp('set-up', ['redis', 'test-models', 'models']);
  if (setUpTally.failed > 0) return summarize([setUpTally]);
  const tallies = [
    tally(
      'gates',
      testsWithoutGate().map((file) => `in no gate: ${file}`),
    ),
  ];
  tallies.push(...(await setUpGates(isWanted)));
  tallies.push(...(await runScriptGates(SCRIPT_GATES.filter(({ name }) => isWanted(name)))));
  for (const { gates, workers } of JEST_RUNS) {
    const wanted = gates.filter(({ name }) => isWanted(name));
    if (wanted.length > 0) tallies.push(...(await runJest({ gates: wanted, workers })));
  }
  return summarize(tallies);
});
