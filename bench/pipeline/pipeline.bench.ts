/**
 * Time of each stage of the service's pipeline, with the default allocator (`ours`), as the service runs it, limited
 * and wiping (`retention`), and like `ours` with refined edges (`refined`), against a straightforward version with
 * sharp and the model as shipped (`obvious`). Encoded photo in, PNG out. Each stays loaded in its own process with
 * all threads; they run alternately. Ratios are times of the straightforward version relative to the others.
 *
 * usage: npm run bench -- pipeline [--megapixels 1,4,12,24] [--rounds 5] [--photo FILE] [--json] [--save]
 */
import {
  startRunners,
  figuresOf,
  minCpu,
  minWall,
  stopRunners,
  ratioOf,
  runInterleaved,
  type Figures,
  type RunnerSpecs,
} from '../lib/comparison.js';
import { argument, numbers, show } from '../lib/figures.js';
import { obvious, ours } from '../lib/runner-specs.js';
import { canRefine } from '../lib/runner-protocol.js';
import { photoOf } from '../lib/photo.js';

const sizes = numbers('megapixels', '1,4,12,24');
const rounds = Number(argument('rounds', '5'));
const photo = argument('photo', 'test/photos/astronaut.jpg');
const specs: RunnerSpecs = {
  obvious: { spec: obvious },
  ours: { spec: ours('none') },
  retention: { spec: ours('none'), contained: true },
  ...(canRefine && { refined: { spec: ours('edges') } }),
};

const runners = await startRunners(specs);
try {
  const bySize = new Map<number, Record<string, Figures>>();
  for (const megapixels of sizes) {
    process.stderr.write(`${megapixels} MP\n`);
    const measurements = Object.entries(
      await runInterleaved(runners, await photoOf(megapixels, photo), rounds),
    );
    bySize.set(megapixels, Object.fromEntries(measurements.map(([name, all]) => [name, figuresOf(all)])));
  }
  const ratios = (name: string, measure = minWall): Record<string, number> =>
    Object.fromEntries([...bySize].map(([size, all]) => [size, ratioOf([all], ['obvious', name], measure)]));
  show('pipeline', {
    rounds,
    photo,
    ratio: ratios('ours'),
    ratioRetention: ratios('retention'),
    ...(canRefine && { ratioRefined: ratios('refined') }),
    ratioOfCpu: Object.fromEntries(
      Object.keys(specs)
        .filter((name) => name !== 'obvious')
        .map((name) => [name, ratios(name, minCpu)]),
    ),
    megapixels: Object.fromEntries(bySize),
  });
} finally {
  await stopRunners(runners);
}
