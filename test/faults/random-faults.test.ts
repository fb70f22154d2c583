import { randomInt } from 'node:crypto';
import { FAULTS } from './fault-kinds.js';
import { faultsIn, runFaults } from './fault-run.js';

/** Promised: 5 s beyond the work itself. Machines that test are busy, so more is let pass. */
const RECOVERY_MS = 15_000;

/** FAULTS_SEED repeats a run; the seed of each is in its output. */
const seed = Number(process.env['FAULTS_SEED'] ?? randomInt(1_000_000));

jest.setTimeout(600_000);

test('given the service under load, when every kind of fault happens to it, then every image is accounted for and it is well again', async () => {
  const happened: string[] = [`FAULTS_SEED=${seed}`];
  const plan = { seed, rounds: 1, clients: 2, workers: 2, longestMs: 900, isLight: true };
  const report = await runFaults({ ...plan, say: (line) => happened.push(line) });
  happened.push(report.ledger.toString());
  process.stderr.write(`${happened.join('\n')}\n`);
  expect(faultsIn(report, RECOVERY_MS)).toEqual([]);
  expect(report.recoveries.map(({ fault }) => fault).sort()).toEqual(FAULTS.map(({ name }) => name).sort());
  expect(report.ledger.endings.get('delivered')).toBeGreaterThan(FAULTS.length);
});
