/**
 * Load, warm-up, inference and memory of the model variants, each in its own process, interleaved, best of a few
 * rounds, and the difference of their alpha to the float32 variant on the test photos:
 *
 *   npm run models -- prepare --all && npm run bench -- models
 *
 * Options: --names isnet,isnet-vnni --rounds 3 --threads 2 --json. Other load on the machine disturbs the
 * measurement: it is printed with the figures.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import { Segmenter } from '#inference/segmenter.js';
import { alphaDistance, alphaOf } from '../lib/alpha-distance.js';
import { argument, show, tenth } from '../lib/figures.js';

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
  const startedAt = performance.now();
  const network = await Segmenter.load(entry, registry.pathOf(entry), Number(argument('threads', '2')));
  const loaded = performance.now();
  await network.warmUp();
  const warm = performance.now();
  const { width, height } = network.inputFor();
  const gray = { data: new Uint8Array(3 * width * height).fill(100), width, height };
  let inferMs = Infinity;
  for (let i = 0; i < INFERENCES; i += 1) {
    const start = performance.now();
    await network.segment(gray);
    inferMs = Math.min(inferMs, performance.now() - start);
  }
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const peakRssMb = process.resourceUsage().maxRSS / 1024;
  const alphas: string[] = [];
  for (const photo of PHOTOS) alphas.push((await cutOutAlpha(network, photo)).toString('base64'));
  const result: Child = {
    loadMs: loaded - startedAt,
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

/** The minimum of each figure: other load on the machine only increases it. */
function better(before: Measured | undefined, now: Measured): Measured {
  const min = (key: keyof Measured): number => tenth(Math.min(before?.[key] ?? Infinity, now[key]));
  return {
    loadMs: min('loadMs'),
    warmUpMs: min('warmUpMs'),
    inferMs: min('inferMs'),
    rssMb: min('rssMb'),
    peakRssMb: min('peakRssMb'),
  };
}

/** One value per photo. */
function distance(own: Buffer[] = [], reference: Buffer[] = []): { mae: number[]; iou: number[] } {
  const figures = own.flatMap((alpha, i) =>
    reference[i] === undefined ? [] : [alphaDistance(alpha, reference[i])],
  );
  return { mae: figures.map(({ mae }) => mae), iou: figures.map(({ iou }) => iou) };
}
