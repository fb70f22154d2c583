import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { findChromium } from './step.chromium.mjs';
import { inRoot } from './places.mjs';
import { performNode } from './programs.mjs';
import { filesIn } from './stamp.mjs';

const JEST = inRoot('node_modules', 'jest', 'bin', 'jest.js');
/** Some machines take three times as long as others. */
const LIMIT_MS = 40 * 60_000;

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} notes what failed, in words
 */

/**
 * The part of Jest's JSON report that is counted.
 * @typedef {object} JestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numRuntimeErrorTestSuites files that could not even be loaded
 * @property {{ assertionResults: { status: string, fullName: string }[] }[]} testResults
 */

/**
 * Runs a gate of Jest tests. A folder without tests is a failure: nothing was shown to hold.
 * @param {import('./gates.mjs').JestGate} gate
 * @returns {Promise<Tally>}
 */
export async function runJestGate({ name, folders, oneByOne }) {
  const empty = folders.filter(
    (folder) => !filesIn(inRoot(folder)).some((file) => file.endsWith('.test.ts')),
  );
  const notes = empty.map((folder) => `${folder} has no tests`);
  if (empty.length === folders.length) return { passed: 0, failed: empty.length, notes };

  const reportFile = inRoot('.cache', 'tests', `${name}.json`);
  mkdirSync(inRoot('.cache', 'tests'), { recursive: true });
  rmSync(reportFile, { force: true });
  const args = [
    JEST,
    '--ci',
    '--json',
    `--outputFile=${reportFile}`,
    oneByOne ? '--runInBand' : '--maxWorkers=100%',
  ];
  const { ok } = await performNode([...args, ...folders.map((folder) => `${folder}/`)], {
    env: { ...process.env, NODE_ENV: 'test', ...chromiumEnv() },
    limitMs: LIMIT_MS,
    quietStdout: true,
  });
  const tally = count(readReport(reportFile), ok);
  return { passed: tally.passed, failed: tally.failed + empty.length, notes: [...notes, ...tally.notes] };
}

/** Tells the browser tests which browser was found. */
function chromiumEnv() {
  const path = findChromium();
  return path === undefined ? {} : { CHROMIUM_PATH: path };
}

/**
 * @param {string} file
 * @returns {JestReport | undefined} undefined when Jest was ended before it could report
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Counts a report; what Jest calls a failure is one even when no single test failed.
 * @param {JestReport | undefined} report
 * @param {boolean} ok Jest's own verdict
 * @returns {Tally}
 */
export function count(report, ok) {
  if (report === undefined) return { passed: 0, failed: 1, notes: ['Jest ended without a report'] };
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const notes = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  if (report.numRuntimeErrorTestSuites > 0)
    notes.push(`${report.numRuntimeErrorTestSuites} file(s) did not load`);
  if (report.numPendingTests > 0) notes.push(`${report.numPendingTests} skipped`);
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  if (failed > 0 || (ok && passed > 0)) return { passed, failed, notes };
  return { passed, failed: 1, notes: [...notes, ok ? 'no test ran' : 'Jest failed as a whole'] };
}
