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
}

/** Gates that run in one call of Jest, so that no core is idle while the last file of a gate runs. */
export interface JestRun {
  gates: JestGate[];
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

const jestGate = (name: string): JestGate => ({ name, folders: [`test/${name}`] });

export const JEST_RUNS: readonly JestRun[] = [
  { gates: [jestGate('unit')], workers: '100%' },
  // Each file has a system of its own, and uses little more than half a core: it waits for processes, outages and limits.
  { gates: ['integration', 'retention', 'e2e', 'contract'].map(jestGate), workers: '3' },
  { gates: [jestGate('faults')], workers: '3' },
  { gates: ['scale', 'hostile', 'deploy'].map(jestGate), workers: '3' },
  { gates: [jestGate('browser')], workers: '2' },
  // It measures how long the page does not respond: nothing else runs meanwhile.
  { gates: [jestGate('responsiveness')], workers: '1' },
];

const JEST_GATES: readonly JestGate[] = JEST_RUNS.flatMap(({ gates }) => gates);

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

interface JestTest {
  status: string;
  fullName: string;
}

/** The part of Jest's JSON report that is read. */
interface JestReport {
  testResults: {
    name: string;
    /** `failed` also when the file could not be loaded. */
    status: string;
    startTime: number;
    endTime: number;
    assertionResults: JestTest[];
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

/** Runs gates of Jest tests. A folder without tests counts as a failure. */
export async function runJestGates({ gates, workers }: JestRun): Promise<Map<string, Tally>> {
  const reportFile = `${REPORT_FOLDER}/${gates.map(({ name }) => name).join('-')}.json`;
  mkdirSync(REPORT_FOLDER, { recursive: true });
  rmSync(reportFile, { force: true });
  const options = ['--ci', '--json', `--outputFile=${reportFile}`, `--maxWorkers=${workers}`];
  const folders = gates.flatMap((gate) => gate.folders).map((folder) => `${folder}/`);
  const chromium = findChromium();
  const { ok } = await runNode([JEST, ...options, ...folders], {
    env: {
      ...{ ...process.env, NODE_ENV: 'test' },
      ...(chromium !== undefined && { CHROMIUM_PATH: chromium }),
    },
    limitMs: LIMIT_MS,
    isQuiet: true,
  });
  const report = readReport(reportFile);
  const tallies = new Map(gates.map((gate) => [gate.name, tallyOf(gate, report)]));
  const [first] = tallies.values();
  const hasFailed = [...tallies.values()].some(({ failed }) => failed > 0);
  if (!ok && !hasFailed && first !== undefined) {
    first.failed += 1;
    first.notes.push('Jest failed');
  }
  return tallies;
}

/** Undefined when Jest was killed before it wrote its report. */
function readReport(file: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    return undefined;
  }
}

/** Counts the files of a gate in a report. */
function tallyOf({ folders }: JestGate, report: JestReport | undefined): Tally {
  if (report === undefined)
    return { passed: 0, failed: 1, notes: ['Jest ended without a report'], files: [] };
  const results = report.testResults.filter(({ name }) =>
    folders.some((folder) => name.startsWith(inRoot(folder, '/'))),
  );
  const tests = results.flatMap(({ assertionResults }) => assertionResults);
  const withStatus = (wanted: string): JestTest[] => tests.filter(({ status }) => status === wanted);
  const failures = withStatus('failed').map(({ fullName }) => fullName);
  const skipped = withStatus('pending').length;
  const unloaded = results.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const notes = [
    ...failures,
    ...unloaded.map(({ name }) => `could not be loaded: ${relative(ROOT, name)}`),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const files = results.map(({ name, startTime, endTime }) => ({
    file: relative(ROOT, name),
    seconds: Math.max(0, endTime - startTime) / 1000,
  }));
  const passed = withStatus('passed').length;
  const failed = failures.length + unloaded.length;
  if (passed + failed > 0) return { passed, failed, notes, files };
  return { passed, failed: 1, notes: [...notes, `no test ran in ${folders.join(', ')}`], files };
}
