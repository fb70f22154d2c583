/**
 * Where the time goes: the stages of the service's pipeline, with the allocator as it is (`ours`), as the service
 * runs it, limited and wiping (`retention`), and as the former with edges refined (`refined`), against what one
 * would write first with sharp and the network as shipped (`obvious`). Encoded photo in, PNG out; each stays
 * loaded in a process of its own with all threads, and they take turns. Ratios say how many times longer the
 * obvious version takes.
 *
 * usage: npm run bench -- pipeline [--megapixels 1,4,12,24] [--rounds 5] [--photo FILE] [--json] [--save]
 */
import {
  enter,
  figuresOf,
  leastCpu,
  leastWall,
  leave,
  ratioOf,
  takeTurns,
  type Figures,
  type Lists,
} from './contest.js';
import { argument, numbers, show } from './figures.js';
import { obvious, ours } from './ours-entry.js';
import { canRefine } from './contestant-entry.js';
import { photoOf } from './photo.js';

const sizes = numbers('megapixels', '1,4,12,24');
const rounds = Number(argument('rounds', '5'));
const photo = argument('photo', 'test/photos/astronaut.jpg');
const lists: Lists = {
  obvious: { entry: obvious },
  ours: { entry: ours('none') },
  retention: { entry: ours('none'), contained: true },
  ...(canRefine && { refined: { entry: ours('edges') } }),
};

const field = await enter(lists);
try {
  const bySize = new Map<number, Record<string, Figures>>();
  for (const megapixels of sizes) {
    process.stderr.write(`${megapixels} MP\n`);
    const answers = Object.entries(await takeTurns(field, await photoOf(megapixels, photo), rounds));
    bySize.set(megapixels, Object.fromEntries(answers.map(([name, all]) => [name, figuresOf(all)])));
  }
  const ratios = (name: string, measure = leastWall): Record<string, number> =>
    Object.fromEntries([...bySize].map(([size, all]) => [size, ratioOf([all], ['obvious', name], measure)]));
  show('pipeline', {
    rounds,
    photo,
    ratio: ratios('ours'),
    ratioRetention: ratios('retention'),
    ...(canRefine && { ratioRefined: ratios('refined') }),
    ratioOfCpu: Object.fromEntries(
      Object.keys(lists)
        .filter((name) => name !== 'obvious')
        .map((name) => [name, ratios(name, leastCpu)]),
    ),
    megapixels: Object.fromEntries(bySize),
  });
} finally {
  await leave(field);
}
