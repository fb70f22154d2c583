/**
 * Processes and cores: images per second of one process with a thread for every core, against one single-threaded
 * process for every core, all busy at once. For the model alone, on decoded pixels, and for the whole pipeline to
 * PNG. Each process handles one image at a time, limited and wiping as in the service. The layouts run alternately;
 * the best round counts.
 *
 * usage: npm run bench -- layout [--megapixels 4] [--images 4] [--rounds 3] [--json] [--save]
 */
import { availableParallelism } from 'node:os';
import { decodeForModel } from '#imaging/decode/decode.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { nominalSize } from '#inference/model-signature.js';
import { RunnerProcess } from '../lib/runner.js';
import { ourNetwork, ours } from '../lib/runner-specs.js';
import { type RunnerSpec } from '../lib/runner-protocol.js';
import { argument, median, show } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

const MAX_PIXELS = 200_000_000;

/** Processes that share the machine, and the images per second of each round. */
interface Layout {
  processes: RunnerProcess[];
  imagesPerSecond: number[];
}

const hundredth = (value: number): number => Math.round(value * 100) / 100;

const cores = availableParallelism();
const megapixels = Number(argument('megapixels', '4'));
/** Images of each round and core. */
const images = Number(argument('images', '4'));
const rounds = Number(argument('rounds', '3'));
const photo = await photoOf(megapixels);
const { model, modelDir } = ourNetwork(cores);
const { input } = new ModelRegistry(process.cwd(), modelDir).find(model);
const frame = { ...nominalSize(input), kernel: 'lanczos3' } as const;
const { data: pixels } = await decodeForModel(photo, frame, MAX_PIXELS);

show('layout', {
  cores,
  megapixels,
  rounds,
  network: await compare(pixels, ourNetwork),
  pipeline: await compare(photo, (threads) => ours('none', threads)),
});

/** Both layouts alternately, `rounds` times. */
async function compare(image: Uint8Array, entry: (threads: number) => RunnerSpec): Promise<unknown> {
  const layouts: Record<string, Layout> = {
    allThreads: await layOut(1, entry(cores)),
    oneThreadEach: await layOut(cores, entry(1)),
  };
  try {
    for (const layout of Object.values(layouts)) await throughput(layout, image, cores);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, layout] of Object.entries(layouts)) {
        const rate = await throughput(layout, image, images * cores);
        layout.imagesPerSecond.push(rate);
        process.stderr.write(`round ${round + 1}: ${name} ${rate.toFixed(2)} images/s\n`);
      }
    }
  } finally {
    await Promise.all(
      Object.values(layouts).flatMap(({ processes }) => processes.map((each) => each.stop())),
    );
  }
  return Object.fromEntries(
    Object.entries(layouts).map(([name, { processes, imagesPerSecond: all }]) => [
      name,
      {
        processes: processes.length,
        threads: cores / processes.length,
        imagesPerSecond: { best: hundredth(Math.max(...all)), median: hundredth(median(all)) },
      },
    ]),
  );
}

async function layOut(count: number, entry: RunnerSpec): Promise<Layout> {
  const processes: RunnerProcess[] = [];
  for (let i = 0; i < count; i += 1) processes.push(await RunnerProcess.start(entry, true));
  return { processes, imagesPerSecond: [] };
}

/** Images per second while every process takes the next image as soon as it is ready. */
async function throughput({ processes }: Layout, image: Uint8Array, count: number): Promise<number> {
  const startedAt = performance.now();
  let left = count;
  const keepBusy = async (one: RunnerProcess): Promise<void> => {
    while (left-- > 0) await one.run(image);
  };
  await Promise.all(processes.map(keepBusy));
  return count / ((performance.now() - startedAt) / 1000);
}
