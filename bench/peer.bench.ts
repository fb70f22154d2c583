/**
 * The service's pipeline against `@imgly/background-removal-node` 1.4.5, encoded photo in, PNG out. Each stays
 * loaded in a process of its own with all threads; they take turns on the same photo. Ours runs three times: with
 * the allocator as it is (`ours`), as the service runs it, limited and wiping (`retention`), and as the former
 * with edges refined (`refined`). Ratios say how many times longer the peer takes. Installs the peer into
 * bench/peer first, 450 MB.
 *
 * usage: npm run bench -- peer [--megapixels 1,4,12,24] [--rounds 5] [--photo FILE,FILE] [--json] [--save]
 */
import { alphaDistance, alphaOf, type AlphaDistance } from './alpha-distance.js';
import {
  enter,
  figuresOf,
  leastCpu,
  leastWall,
  leave,
  middleWall,
  ratioOf,
  takeTurns,
  type Figures,
  type Lists,
  type Measure,
} from './contest.js';
import { argument, list, numbers, show } from './figures.js';
import { canRefine } from './contestant-entry.js';
import { ours } from './ours-entry.js';
import { installPeer } from './peer-install.js';
import { photoOf } from './photo.js';

/** What came of one photo in one size. */
interface Outcome {
  photo: string;
  contestants: Record<string, Figures>;
  /** Alpha of ours against the peer's. */
  alpha: Record<string, AlphaDistance>;
}

const sizes = numbers('megapixels', '1,4,12,24');
const rounds = Number(argument('rounds', '5'));
const photos = list('photo', 'test/photos/astronaut.jpg');
const lists: Lists = {
  peer: { entry: { kind: 'peer' } },
  ours: { entry: ours('none') },
  retention: { entry: ours('none'), contained: true },
  ...(canRefine && { refined: { entry: ours('edges') } }),
};

installPeer();
const ownNames = Object.keys(lists).filter((name) => name !== 'peer');
const field = await enter(lists);
try {
  const bySize = new Map<number, Outcome[]>();
  for (const megapixels of sizes) {
    const outcomes: Outcome[] = [];
    for (const photo of photos) outcomes.push(await compare(megapixels, photo));
    bySize.set(megapixels, outcomes);
  }
  const ratios = (name: string, measure = leastWall): Record<string, number> =>
    Object.fromEntries(
      [...bySize].map(([size, outcomes]) => {
        const images = outcomes.map(({ contestants }) => contestants);
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
    ratioOfMedians: allRatios(middleWall),
    ratioOfCpu: allRatios(leastCpu),
    megapixels: Object.fromEntries(bySize),
  });
} finally {
  await leave(field);
}

async function compare(megapixels: number, photo: string): Promise<Outcome> {
  process.stderr.write(`${megapixels} MP, ${photo}\n`);
  const answers = await takeTurns(field, await photoOf(megapixels, photo), rounds);
  const alphaBy = async (name: string): Promise<Buffer> =>
    alphaOf(answers[name]?.[0]?.output ?? new Uint8Array());
  const peer = await alphaBy('peer');
  const alpha: Outcome['alpha'] = {};
  for (const name of ownNames) alpha[name] = alphaDistance(await alphaBy(name), peer);
  const contestants = Object.entries(answers).map(([name, all]) => [name, figuresOf(all)]);
  return { photo, contestants: Object.fromEntries(contestants) as Outcome['contestants'], alpha };
}
