/**
 * Capacity plan: the number of processes for a rate of images, by a simulation of the service with measured costs.
 *
 *   npm run bench -- capacity --rate 1000 --mb 2 --p99 3   a plan, from costs recorded on an idle machine
 *   npm run bench -- capacity [--save]                     measures the costs, and compares the simulation with the
 *                                                          real service at three load levels
 *
 * Plan: --rate 1,10,100 (images per second), --mb 2, --out-mb (twice --mb), --megapixels (2.5 per MB), --p99 3
 * (seconds), --costs bench/results/capacity.json (your own, once saved), --hold 1 (seconds that a result waits for
 * its reader), --gpu-fixed-ms and --gpu-image-ms with --batch 8 (an accelerator, as measured by you), --core-hour
 * 0.04 --gb-hour 0.005 --gpu-hour 1.5 (prices), --json.
 *
 * Check: --levels none measures only the costs. --model isnet (a small model of yours, added by `npm run models --
 * add`, checks more images in less time), --workers 2, --levels 0.3,0.6,0.85, --images 100,120,140, --sizes yes|no
 * (costs by size as well), --save.
 */
import { existsSync, readFileSync } from 'node:fs';
import { checkLevel, type LevelCheck } from './capacity-check.js';
import {
  COSTS_FILE,
  REFERENCE_FILE,
  savedCosts,
  type MeasuredCosts,
  type SizeCosts,
} from './capacity-costs.js';
import { LiveService, meansBetween, type CpuMs, type Observed } from './live-service.js';
import { UnreachableLatencyError, planFor, planTable, type CapacityTarget } from './capacity-plan.js';
import { argument, list, show } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

const MB = 1e6;
/** Time for which the idle service is measured. */
const REST_MS = 5000;
const number = (name: string, otherwise: number): number => Number(argument(name, String(otherwise)));
const model = argument('model', 'isnet');
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function targetFor(imagesPerSecond: number): CapacityTarget {
  const inMb = number('mb', 2);
  const imageMs = number('gpu-image-ms', NaN);
  return {
    imagesPerSecond,
    image: { inMb, outMb: number('out-mb', 2 * inMb), megapixels: number('megapixels', 2.5 * inMb) },
    p99S: number('p99', 3),
    holdS: number('hold', 1),
    prices: {
      core: number('core-hour', 0.04),
      gb: number('gb-hour', 0.005),
      accelerator: number('gpu-hour', 1.5),
    },
    accelerator: Number.isNaN(imageMs)
      ? undefined
      : { imageMs, fixedMs: number('gpu-fixed-ms', 0), batch: number('batch', 8) },
  };
}

function plan(rates: readonly number[]): void {
  const costs = savedCosts(argument('costs', REFERENCE_FILE));
  try {
    const plans = rates.map((rate) => planFor(targetFor(rate), costs));
    if (process.argv.includes('--json')) show('capacity-plan', { plans });
    else process.stdout.write(`${planTable(plans)}\n`);
  } catch (error) {
    if (!(error instanceof UnreachableLatencyError)) throw error;
    say(`No plan: ${error.message}. More threads an image, another device, or a longer p99.`);
    process.exitCode = 1;
  }
}

/** CPU time of the service's processes during `act`. */
async function cpuOver(
  live: LiveService,
  act: () => Promise<void>,
): Promise<{ cpu: CpuMs; lastedMs: number }> {
  const [before, startedAt] = [live.cpuMs(), performance.now()];
  await act();
  const [after, lastedMs] = [live.cpuMs(), performance.now() - startedAt];
  const cpu = { ...after };
  for (const name of Object.keys(cpu) as (keyof CpuMs)[]) cpu[name] -= before[name];
  return { cpu, lastedMs };
}

/** Costs of images of one size, one at a time. */
async function sizeCosts(
  live: LiveService,
  megapixels: number,
): Promise<SizeCosts & { observed: Observed[] }> {
  const photo = await photoOf(megapixels);
  await live.closed(photo, 1, 1);
  const before = await live.sums();
  const resting = await cpuOver(live, () => new Promise((resolve) => setTimeout(resolve, REST_MS)));
  let observed: Observed[] = [];
  const working = await cpuOver(live, async () => {
    ({ observed } = await live.closed(photo, number('size-images', 12), 1));
  });
  // Timers and heartbeats continue during a computation: they are not part of its cost.
  const each = (name: keyof CpuMs): number =>
    Math.max(0, working.cpu[name] - (resting.cpu[name] * working.lastedMs) / resting.lastedMs) /
    observed.length;
  return {
    ...{
      megapixels,
      observed,
      inMb: photo.length / MB,
      outMb: mean(observed.map((one) => one.outputBytes)) / MB,
    },
    engineMs: mean(observed.map((one) => one.engineMs)),
    inferMs: mean(observed.map((one) => one.inferMs)),
    cpuMs: { api: each('api'), redis: each('redis'), workers: each('workers'), engines: each('engines') },
    meansMs: meansBetween(before, await live.sums()),
    latencyMs: mean(observed.map((one) => one.latencyMs)),
  };
}

async function measureCosts(): Promise<MeasuredCosts> {
  const live = await LiveService.start(1, model);
  try {
    const { observed: of, ...small } = await sizeCosts(live, 0.25);
    const { observed: ofLarge, ...large } = await sizeCosts(live, 8);
    const parts = (all: readonly Observed[]): number[] =>
      all.map(({ engineMs }) => engineMs / mean(all.map((one) => one.engineMs)));
    return {
      small,
      large,
      spread: [...parts(of), ...parts(ofLarge)].map((part) => Math.round(part * 1000) / 1000),
    };
  } finally {
    await live.stop();
  }
}

async function check(): Promise<LevelCheck[]> {
  const workers = number('workers', 2);
  const photo = await photoOf(0.25);
  const wanted = list('levels', '0.3,0.6,0.85')
    .map(Number)
    .filter((share) => share > 0);
  if (wanted.length === 0) return [];
  const images = list('images', '100,120,140').map(Number);
  const live = await LiveService.start(workers, model);
  try {
    await live.closed(photo, 2 * workers, workers);
    const levels: LevelCheck[] = [];
    for (const [at, share] of wanted.entries()) {
      const fleet = { apis: 1, shards: 1, workers, batch: 1 };
      const level = await checkLevel(live, photo, {
        ...{ share, fleet, images: images[at] ?? 100 },
        ...{ alone: number('alone', 16), full: number('full', 16 * workers) },
      });
      const { fullPerSecond, realMs, predictedRatio, explainedRatio } = level;
      say(
        `${share * 100} % of ${fullPerSecond.toFixed(2)} images/s: real p50 ${realMs.p50.toFixed(0)} ms, p99 ${realMs.p99.toFixed(0)} ms; ` +
          `predicted ${predictedRatio.p50.toFixed(2)} and ${predictedRatio.p99.toFixed(2)} of that, ` +
          `explained ${explainedRatio.p50.toFixed(2)} and ${explainedRatio.p99.toFixed(2)}`,
      );
      levels.push({ ...level, model, workers });
    }
    return levels;
  } finally {
    await live.stop();
  }
}

/** Figures of an earlier run, so that levels can be checked separately. */
const saved = (): { costs?: MeasuredCosts; levels?: LevelCheck[] } =>
  existsSync(COSTS_FILE) ? (JSON.parse(readFileSync(COSTS_FILE, 'utf8')) as { levels?: LevelCheck[] }) : {};

const rates = argument('rate', '');
if (rates !== '') plan(rates.split(',').map(Number));
else {
  const costs = argument('sizes', 'yes') === 'yes' ? await measureCosts() : saved().costs;
  const levels = await check();
  const others = (saved().levels ?? []).filter(({ share }) => !levels.some((level) => level.share === share));
  show('capacity', { costs, levels: [...others, ...levels].sort((a, b) => a.share - b.share) });
}
