import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { FAULTS } from './fault-kinds.js';
import { faultsIn, median, runFaults } from './fault-run.js';

const HELP = `usage: npm run test:faults [-- options]

Runs the service as \`npm start\` does, under load, with a network of its own between it and Redis; lets faults happen
to it; and accounts for every image that was accepted. Exit status 1 when something is wrong.

  --minutes N       how long (default: every kind of fault once)
  --seed N          repeats the choices of an earlier run, which printed its seed
  --only a,b        these kinds alone: ${FAULTS.map(({ name }) => name).join(', ')}
  --clients N       clients that submit images, one at a time each, beside the one that measures how the
                    service is (default: as many as workers: each of them always has an image)
  --workers N       (default: 2)
  --longest-ms N    how long a fault may last (default: 3000)
  --recovery-ms N   how soon the service must be well again (default: 5000)`;

const OPTIONS = {
  minutes: { type: 'string' },
  seed: { type: 'string', default: String(randomInt(1_000_000)) },
  only: { type: 'string' },
  clients: { type: 'string' },
  workers: { type: 'string', default: '2' },
  'longest-ms': { type: 'string', default: '3000' },
  'recovery-ms': { type: 'string', default: '5000' },
  help: { type: 'boolean', default: false },
} as const;
const { values } = parse();

function parse() {
  try {
    return parseArgs({ options: OPTIONS });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(2);
  }
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<number> {
  if (values.help) {
    say(HELP);
    return 0;
  }
  say(`seed ${values.seed}`);
  const report = await runFaults({
    seed: Number(values.seed),
    ...(values.minutes === undefined ? { rounds: 1 } : { minutes: Number(values.minutes) }),
    ...(values.only !== undefined && { only: values.only.split(',') }),
    clients: Number(values.clients ?? values.workers),
    workers: Number(values.workers),
    longestMs: Number(values['longest-ms']),
    say: (line) => say(`${new Date().toISOString().slice(11, 19)} ${line}`),
  });
  const times = report.recoveries.map(({ ms }) => ms);
  say(report.ledger.toString());
  say(
    `${times.length} faults; well again after ${median(times)} ms (median), ${Math.max(0, ...times)} ms at most`,
  );
  const faults = faultsIn(report, Number(values['recovery-ms']));
  for (const fault of faults) say(`WRONG ${fault}`);
  say(
    faults.length === 0
      ? 'All is accounted for.'
      : `${faults.length} things are wrong; --seed ${values.seed} repeats the run.`,
  );
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await main();
