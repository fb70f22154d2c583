/**
 * The service under steady load for a long time: whether memory of its processes and of Redis is constant, and
 * whether every image is delivered. Draws all of it over time.
 *
 * usage: npm run bench -- soak [--minutes 10] [--share 0.8] [--workers 2] [--megapixels 0.25] [--json] [--save]
 *   --share  share of the service's capacity, which is measured first
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { startSystem } from '../../test/harness/system.js';
import { argument, show } from '../lib/figures.js';
import { LoadRun } from './load-run.js';
import { photoOf } from '../lib/photo.js';
import { chartOf } from '../lib/svg-chart.js';

const WARM_UP_S = 20;

const minutes = Number(argument('minutes', '10'));
const share = Number(argument('share', '0.8'));
const workers = Number(argument('workers', '2'));
const megapixels = Number(argument('megapixels', '0.25'));
const system = await startSystem({ THREADS: '1', LOG_LEVEL: 'error' }, workers);
const run = new LoadRun(system, await photoOf(megapixels));
try {
  const capacityPerS = await run.capacity(WARM_UP_S);
  const figures = await run.open(`${Math.round(100 * share)} %`, share * capacityPerS, minutes * 60);
  if (process.argv.includes('--save')) {
    mkdirSync('bench/results', { recursive: true });
    writeFileSync(
      'bench/results/soak.svg',
      chartOf(`Steady load for ${minutes} minutes`, run.panels(), run.phases),
    );
  }
  show('soak', { minutes, workers, megapixels, capacityPerS, figures, lastQuarterOverFirst: run.growth() });
} finally {
  run.end();
  await system.stop();
}
