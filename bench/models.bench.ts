/**
 * Load, warm-up, inference and memory of the model variants, each in a process of its own, interleaved, the best
 * of a few rounds, and how far their alpha is from plain floats on the test photos:
 *
 *   npm run models -- prepare --all && npm run bench -- models
 *
 * Options: --names isnet,isnet-vnni --rounds 3 --threads 2 --json. Others on the machine disturb it: the load is
 * printed with the figures.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import { Segmenter } from '#inference/segmenter.js';
import { alphaDistance, alphaOf } from './alpha-distance.js';
import { argument, show, tenth } from './figures.js';

const REFERENCE = 'isnet-fp32';
const PHOTOS = ['astronaut', 'chelsea', 'coffee'];
const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const INFERENCES = 3;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

interface Measured {
  loadMs: number;
  warmUpMs: number;
  inferMs: number;
  rssMb: number;
  peakRssMb: number;
}
interface Child extends Measured {
  /** Base64 of each photo's alpha. */
  alphas: string[];
}

const only = argument('model', '');
if (only === '') compare();
else await measure(only);

/** One model in this process. */
async function measure(name: string): Promise<void> {
  const registry = new ModelRegistry(process.cwd(), argument('models', '.cache/models'));
  const entry = registry.find(name);
  await prepareModel(registry, entry);
  const begin = performance.now();
  const network = await Segmenter.load(entry, registry.pathOf(entry), Number(argument('threads', '2')));
  const loaded = performance.now();
  await network.warmUp();
  const warm = performance.now();
  const grey = new Uint8Array(3 * network.sidePixels ** 2).fill(100);
  let inferMs = Infinity;
  for (let i = 0; i < INFERENCES; i += 1) {
    const start = performance.now();
    await network.segment(grey);
    inferMs = Math.min(inferMs, performance.now() - start);
  }
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const peakRssMb = process.resourceUsage().maxRSS / 1024;
  const alphas: string[] = [];
  for (const photo of PHOTOS) alphas.push((await cutOutAlpha(network, photo)).toString('base64'));
  const result: Child = {
    loadMs: loaded - begin,
    warmUpMs: warm - loaded,
    inferMs,
    rssMb,
    peakRssMb,
    alphas,
  };
  process.stdout.write(JSON.stringify(result));
}

async function cutOutAlpha(network: Segmenter, photo: string): Promise<Buffer> {
  const { data } = await cutOut({
    image: readFileSync(`test/photos/${photo}.jpg`),
    options: jobOptionsSchema.parse({}),
    limits: LIMITS,
    network,
    onStage: () => undefined,
  });
  return alphaOf(data);
}

function compare(): void {
  const names = argument('names', 'isnet-fp32,isnet-original,isnet,isnet-vnni').split(',');
  const best = new Map<string, Measured>();
  const alphas = new Map<string, Buffer[]>();
  const loads = [loadavg()[0] ?? 0];
  for (let round = 0; round < Number(argument('rounds', '3')); round += 1) {
    for (const name of names) {
      const { alphas: encoded, ...now } = child(name);
      alphas.set(
        name,
        encoded.map((each) => Buffer.from(each, 'base64')),
      );
      best.set(name, better(best.get(name), now));
    }
    loads.push(loadavg()[0] ?? 0);
  }
  const reference = alphas.get(REFERENCE);
  const models = Object.fromEntries(
    names.map((name) => [name, { ...best.get(name), ...distance(alphas.get(name), reference) }]),
  );
  show('models', { models, machineLoad: loads.map(tenth) });
}

function child(name: string): Child {
  const args = [...process.execArgv, process.argv[1] ?? '', ...process.argv.slice(2), '--model', name];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { maxBuffer: MAX_OUTPUT_BYTES });
  if (status !== 0) throw new Error(`${name}: ${stderr.toString()}`);
  return JSON.parse(stdout.toString()) as Child;
}

/** The least of each figure: what others on the machine take only ever adds. */
function better(before: Measured | undefined, now: Measured): Measured {
  const least = (key: keyof Measured): number => tenth(Math.min(before?.[key] ?? Infinity, now[key]));
  return {
    loadMs: least('loadMs'),
    warmUpMs: least('warmUpMs'),
    inferMs: least('inferMs'),
    rssMb: least('rssMb'),
    peakRssMb: least('peakRssMb'),
  };
}

/** Per photo. */
function distance(own: Buffer[] = [], reference: Buffer[] = []): { mae: number[]; iou: number[] } {
  const figures = own.flatMap((alpha, i) =>
    reference[i] === undefined ? [] : [alphaDistance(alpha, reference[i])],
  );
  return { mae: figures.map(({ mae }) => mae), iou: figures.map(({ iou }) => iou) };
}
