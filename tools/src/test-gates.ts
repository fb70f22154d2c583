import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { filesIn } from './files.js';
import { inRoot, ROOT } from './paths.js';
import { runNode, runNpm } from './processes.js';
import { findChromium } from './set-up.js';

/** An npm script. It counts as one test. */
export interface ScriptGate {
  name: string;
  script: string;
}

/** Folders of Jest tests. */
export interface JestGate {
  name: string;
  folders: string[];
  /** Files that run at the same time: a number, or a share of the cores. */
  workers: string;
}

/** What `npm test` runs, in this order. Scripts run two at a time. */
export const SCRIPT_GATES: readonly ScriptGate[] = [
  { name: 'lint', script: 'check:lint' },
  { name: 'types', script: 'check:types' },
  { name: 'format', script: 'check:format' },
  { name: 'direction', script: 'check:direction' },
  { name: 'openapi', script: 'check:openapi' },
  { name: 'packages', script: 'check:packages' },
];

export const JEST_GATES: readonly JestGate[] = [
  { name: 'unit', folders: ['test/unit'], workers: '100%' },
  { name: 'integration', folders: ['test/integration'], workers: '2' },
  // Most of their time they wait for processes that they start. Each file has a system of its own.
  { name: 'retention', folders: ['test/retention'], workers: '2' },
  { name: 'e2e', folders: ['test/e2e'], workers: '2' },
  { name: 'contract', folders: ['test/contract'], workers: '2' },
  { name: 'faults', folders: ['test/faults'], workers: '2' },
  { name: 'scale', folders: ['test/scale'], workers: '2' },
  { name: 'hostile', folders: ['test/hostile'], workers: '2' },
  { name: 'deploy', folders: ['test/deploy'], workers: '2' },
  // It measures how long the page does not respond.
  { name: 'browser', folders: ['test/browser'], workers: '1' },
];

export const GATE_NAMES: readonly string[] = [...SCRIPT_GATES, ...JEST_GATES].map(({ name }) => name);

/** Result of a gate. */
export interface Tally {
  passed: number;
  failed: number;
  /** What failed. */
  notes: string[];
  /** Test files with their seconds. */
  files: { file: string; seconds: number }[];
}

const JEST = inRoot('node_modules', 'jest', 'bin', 'jest.js');
const REPORT_FOLDER = inRoot('.cache', 'tests');
/** Some machines take three times as long as others. */
const LIMIT_MS = 40 * 60_000;

/** The part of Jest's JSON report that is read. */
interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  /** Files that could not be loaded. */
  numRuntimeErrorTestSuites: number;
  testResults: {
    name: string;
    startTime: number;
    endTime: number;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

/** Test files of the repository, absolute. */
const testFilesIn = (folder: string): string[] =>
  filesIn(inRoot(folder)).filter((file) => file.endsWith('.test.ts'));

/** Test files that belong to no gate. */
export function testsWithoutGate(): string[] {
  const folders = JEST_GATES.flatMap((gate) => gate.folders).map((folder) => inRoot(folder, '/'));
  return testFilesIn('test').filter((file) => !folders.some((folder) => file.startsWith(folder)));
}

/** Runs a gate that is an npm script. Resolves to its result and its output. */
export async function runScriptGate({ script }: ScriptGate): Promise<Tally & { output: string }> {
  const { ok, output } = await runNpm(['run', '--silent', script], { isCaptured: true });
  const notes = ok ? [] : [`npm run ${script}`];
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, notes, files: [], output };
}

/** Runs a gate of Jest tests. A folder without tests counts as a failure. */
export async function runJestGate({ name, folders, workers }: JestGate): Promise<Tally> {
  const empty = folders.filter((folder) => testFilesIn(folder).length === 0);
  const notes = empty.map((folder) => `${folder} has no tests`);
  if (empty.length === folders.length) return { passed: 0, failed: empty.length, notes, files: [] };
  const reportFile = `${REPORT_FOLDER}/${name}.json`;
  mkdirSync(REPORT_FOLDER, { recursive: true });
  rmSync(reportFile, { force: true });
  const options = ['--ci', '--json', `--outputFile=${reportFile}`, `--maxWorkers=${workers}`];
  const chromium = findChromium();
  const { ok } = await runNode([JEST, ...options, ...folders.map((folder) => `${folder}/`)], {
    env: {
      ...{ ...process.env, NODE_ENV: 'test' },
      ...(chromium !== undefined && { CHROMIUM_PATH: chromium }),
    },
    limitMs: LIMIT_MS,
    isQuiet: true,
  });
  const tally = tallyOf(readReport(reportFile), ok);
  return { ...tally, failed: tally.failed + empty.length, notes: [...notes, ...tally.notes] };
}

/** Undefined when Jest was killed before it wrote its report. */
function readReport(file: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    return undefined;
  }
}

/**
 * Counts a report.
 * @param ok Jest exited with 0; otherwise the gate has failed, also when no single test has
 */
function tallyOf(report: JestReport | undefined, ok: boolean): Tally {
  if (report === undefined)
    return { passed: 0, failed: 1, notes: ['Jest ended without a report'], files: [] };
  const { numRuntimeErrorTestSuites: unloaded, numPendingTests: skipped, testResults } = report;
  const notes = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName }) => fullName);
  if (unloaded > 0) notes.push(`${unloaded} file(s) could not be loaded`);
  if (skipped > 0) notes.push(`${skipped} skipped`);
  const files = testResults.map(({ name, startTime, endTime }) => ({
    file: relative(ROOT, name),
    seconds: Math.max(0, endTime - startTime) / 1000,
  }));
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + unloaded;
  if (failed > 0 || (ok && passed > 0)) return { passed, failed, notes, files };
  return { passed, failed: 1, notes: [...notes, ok ? 'no test ran' : 'Jest failed'], files };
}
