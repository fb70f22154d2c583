/**
 * The service's pipeline against `@imgly/background-removal-node` 1.4.5, encoded photo in, PNG out. Each stays loaded
 * in its own process with all threads; they run alternately on the same photo. The service's pipeline runs three
 * times: with the default allocator (`ours`), as the service runs it, limited and wiping (`retention`), and like
 * `ours` with refined edges (`refined`). Ratios are times of the peer relative to the others. Installs the peer into
 * bench/peer first, 450 MB.
 *
 * usage: npm run bench -- peer [--megapixels 1,4,12,24] [--rounds 5] [--photo FILE,FILE] [--json] [--save]
 */
import { alphaDistance, alphaOf, type AlphaDistance } from '../lib/alpha-distance.js';
import {
  startRunners,
  figuresOf,
  minCpu,
  minWall,
  stopRunners,
  medianWall,
  ratioOf,
  runInterleaved,
  type Figures,
  type RunnerSpecs,
  type Measure,
} from '../lib/comparison.js';
import { argument, list, numbers, show } from '../lib/figures.js';
import { ours } from '../lib/runner-specs.js';
import { canRefine } from '../lib/runner-protocol.js';
import { installPeer } from '../lib/peer-runner.js';
import { photoOf } from '../lib/photo.js';

/** Results of one photo at one size. */
interface Outcome {
  photo: string;
  runners: Record<string, Figures>;
  /** Alpha of ours against the peer's. */
  alpha: Record<string, AlphaDistance>;
}

const sizes = numbers('megapixels', '1,4,12,24');
const rounds = Number(argument('rounds', '5'));
const photos = list('photo', 'test/photos/astronaut.jpg');
const specs: RunnerSpecs = {
  peer: { spec: { kind: 'peer' } },
  ours: { spec: ours('none') },
  retention: { spec: ours('none'), contained: true },
  ...(canRefine && { refined: { spec: ours('edges') } }),
};

installPeer();
const ownNames = Object.keys(specs).filter((name) => name !== 'peer');
const runners = await startRunners(specs);
try {
  const bySize = new Map<number, Outcome[]>();
  for (const megapixels of sizes) {
    const outcomes: Outcome[] = [];
    for (const photo of photos) outcomes.push(await compare(megapixels, photo));
    bySize.set(megapixels, outcomes);
  }
  const ratios = (name: string, measure = minWall): Record<string, number> =>
    Object.fromEntries(
      [...bySize].map(([size, outcomes]) => {
        const images = outcomes.map(({ runners }) => runners);
        return [size, ratioOf(images, ['peer', name], measure)];
      }),
    );
  const allRatios = (measure: Measure): Record<string, Record<string, number>> =>
    Object.fromEntries(ownNames.map((name) => [name, ratios(name, measure)]));
  show('peer', {
    rounds,
    ratio: ratios('ours'),
    ratioRetention: ratios('retention'),
    ...(canRefine && { ratioRefined: ratios('refined') }),
    ratioOfMedians: allRatios(medianWall),
    ratioOfCpu: allRatios(minCpu),
    megapixels: Object.fromEntries(bySize),
  });
} finally {
  await stopRunners(runners);
}

async function compare(megapixels: number, photo: string): Promise<Outcome> {
  process.stderr.write(`${megapixels} MP, ${photo}\n`);
  const measurements = await runInterleaved(runners, await photoOf(megapixels, photo), rounds);
  const alphaBy = async (name: string): Promise<Buffer> =>
    alphaOf(measurements[name]?.[0]?.output ?? new Uint8Array());
  const peer = await alphaBy('peer');
  const alpha: Outcome['alpha'] = {};
  for (const name of ownNames) alpha[name] = alphaDistance(await alphaBy(name), peer);
  const byName = Object.entries(measurements).map(([name, all]) => [name, figuresOf(all)]);
  return { photo, runners: Object.fromEntries(byName) as Outcome['runners'], alpha };
}
