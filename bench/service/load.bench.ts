/**
 * The service under open-loop load: images arrive at random at 50, 90 and 120 % of its capacity, which is measured
 * first. Before the last level the queue is filled, since the behavior under sustained overload is of interest.
 * Reports goodput, latency, the latency of rejections and whether their Retry-After is right, and draws all of it
 * over time.
 *
 * usage: npm run bench -- load [--seconds 60] [--workers 2] [--megapixels 0.25] [--json] [--save]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { startSystem } from '../../test/harness/system.js';
import { argument, show } from '../lib/figures.js';
import { LoadRun, type LoadFigures } from './load-run.js';
import { photoOf } from '../lib/photo.js';
import { chartOf } from '../lib/svg-chart.js';

const SHARES = [0.5, 0.9, 1.2];

const seconds = Number(argument('seconds', '60'));
const workers = Number(argument('workers', '2'));
const megapixels = Number(argument('megapixels', '0.25'));
// A small Redis, so that it is full and rejects images within the time of a benchmark.
const system = await startSystem({ THREADS: '1', REDIS_MAXMEMORY_MB: '64', LOG_LEVEL: 'error' }, workers);
const run = new LoadRun(system, await photoOf(megapixels));
try {
  await run.capacity(Math.min(10, seconds));
  const before = await run.capacity(seconds);
  const at: Record<string, LoadFigures> = {};
  for (const share of SHARES) {
    if (share > 1) await run.fill();
    const name = `${Math.round(100 * share)} %`;
    at[name] = await run.open(name, share * before, seconds);
    process.stderr.write(`${name}: ${JSON.stringify(at[name])}\n`);
  }
  const after = await run.capacity(seconds);
  const capacityPerS = (before + after) / 2;
  const goodput = at['120 %']?.goodputPerS ?? NaN;
  const round = (value: number): number => Math.round(100 * value) / 100;
  if (process.argv.includes('--save')) {
    mkdirSync('bench/results', { recursive: true });
    writeFileSync(
      'bench/results/load.svg',
      chartOf('Load at 50, 90 and 120 % of capacity', run.panels(), run.phases),
    );
  }
  show('load', {
    ...{ seconds, workers, megapixels },
    capacityPerS: { before: round(before), after: round(after) },
    at,
    goodputOfCapacityAt120: round(goodput / capacityPerS),
  });
} finally {
  run.end();
  await system.stop();
}
