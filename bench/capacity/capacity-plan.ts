import { arrivals, randomFrom } from './event-simulation.js';
import { costsOf, type MeasuredCosts, type PlannedImage } from './capacity-costs.js';
import { percentile } from '../lib/figures.js';
import {
  oneByOne,
  simulateService,
  type EngineTime,
  type Fleet,
  type ImageCost,
  type Outcome,
} from './capacity-simulation.js';

/** An accelerator: a run of n images takes `fixedMs + n * imageMs`. */
export interface Accelerator {
  fixedMs: number;
  imageMs: number;
  batch: number;
}

/** Requirements of a plan. */
export interface CapacityTarget {
  imagesPerSecond: number;
  image: PlannedImage;
  /** 99th percentile of the time from the first byte sent to the last received. */
  p99S: number;
  /** Without one, workers compute on one CPU thread each. */
  accelerator?: Accelerator | undefined;
  /** Time that a finished result waits for its reader. */
  holdS: number;
  /** Price of a core, a GB of memory and an accelerator, per hour. */
  prices: { core: number; gb: number; accelerator: number };
}

/** The plan. */
export interface CapacityPlan {
  imagesPerSecond: number;
  apis: number;
  shards: number;
  workers: number;
  accelerators: number;
  cores: number;
  redisGb: number;
  workersGb: number;
  /** In each direction, for all clients together and for the busiest shard, in Gbit/s. */
  edgeGbit: { in: number; out: number };
  shardGbit: number;
  controlLoad: number;
  simulatedS: { p50: number; p99: number };
  costPerHour: number;
  costPerThousand: number;
}

/** The latency cannot be reached with any number of workers. */
export class UnreachableLatencyError extends Error {
  constructor(readonly minS: number) {
    super(`one image takes ${minS.toFixed(2)} s at p99 however many workers there are`);
  }
}

/** Utilization limits. */
const API_LOAD = 0.6;
const SHARD_LOAD = 0.5;
const WORKER_LOAD = 0.95;
/** Share of Redis memory for images, and the memory that the broker reserves for a result. */
const IMAGE_SHARE = 0.6;
const RESERVED_MB_PER_MEGAPIXEL = 1.5;
/** Memory of a worker and its engine, in GB. */
const WORKER_GB = 1;
/** Latency of pub/sub, queue and network. */
const LATENCY_MS = 5;
const MAX_SIMULATED = 20_000;
const MIN_SIMULATED = 4000;

/** Computes a plan. @throws UnreachableLatencyError */
export function planFor(target: CapacityTarget, measured: MeasuredCosts): CapacityPlan {
  const { imagesPerSecond: rate, image, accelerator } = target;
  const each = costsOf(measured, image);
  const apis = Math.max(1, Math.ceil((rate * each.apiMs) / 1000 / API_LOAD));
  const shards = Math.max(1, Math.ceil((rate * each.payloadMs) / 1000 / SHARD_LOAD));
  const engineMs =
    accelerator === undefined
      ? each.inferMs + each.imagingMs
      : accelerator.imageMs + accelerator.fixedMs / accelerator.batch;
  const min = Math.max(1, Math.ceil((rate * engineMs) / 1000 / WORKER_LOAD));
  const run = (workers: number): Outcome =>
    simulated(target, measured, { apis, shards, workers, batch: accelerator?.batch ?? 1 });
  const { workers, outcome } = fewest(min, target.p99S, run);
  const meanS = outcome.latenciesMs.reduce((sum, ms) => sum + ms, 0) / outcome.latenciesMs.length / 1000;
  const reservedMb = image.inMb + RESERVED_MB_PER_MEGAPIXEL * image.megapixels;
  const redisGb = (rate * (meanS + target.holdS) * reservedMb) / IMAGE_SHARE / 1000;
  const workersGb = workers * WORKER_GB;
  const engineCores = accelerator === undefined ? workers : (rate * each.imagingMs) / 1000 / API_LOAD;
  const cores = Math.ceil(apis + shards + 1 + engineCores + (rate * each.workerMs) / 1000);
  const accelerators = accelerator === undefined ? 0 : workers;
  const costPerHour =
    cores * target.prices.core +
    (redisGb + workersGb) * target.prices.gb +
    accelerators * target.prices.accelerator;
  const gbit = (mb: number): number => (rate * mb * 8) / 1000;
  return {
    imagesPerSecond: rate,
    ...{ apis, shards, workers, accelerators, cores, redisGb, workersGb },
    edgeGbit: { in: gbit(image.inMb), out: gbit(image.outMb) },
    // All data of a shard is read and written once.
    shardGbit: gbit(image.inMb + image.outMb) / shards,
    controlLoad: (rate * each.controlMs) / 1000,
    simulatedS: {
      p50: percentile(outcome.latenciesMs, 0.5) / 1000,
      p99: percentile(outcome.latenciesMs, 0.99) / 1000,
    },
    costPerHour,
    costPerThousand: (costPerHour / (rate * 3600)) * 1000,
  };
}

/** The smallest number of workers, `min` or more, with which the simulation meets the latency. */
function fewest(
  min: number,
  p99S: number,
  run: (workers: number) => Outcome,
): { workers: number; outcome: Outcome } {
  const keeps = ({ latenciesMs }: Outcome): boolean => percentile(latenciesMs, 0.99) <= p99S * 1000;
  const unbounded = run(min * 20 + 100);
  if (!keeps(unbounded)) throw new UnreachableLatencyError(percentile(unbounded.latenciesMs, 0.99) / 1000);
  let low = min;
  let high = min;
  let outcome = run(high);
  while (!keeps(outcome)) {
    low = high + 1;
    high = Math.ceil(high * 1.3) + 1;
    outcome = run(high);
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const tried = run(middle);
    if (keeps(tried)) [high, outcome] = [middle, tried];
    else low = middle + 1;
  }
  return { workers: high, outcome };
}

function simulated(target: CapacityTarget, measured: MeasuredCosts, fleet: Fleet): Outcome {
  const random = randomFrom(7);
  const count = Math.round(Math.min(MAX_SIMULATED, Math.max(MIN_SIMULATED, target.imagesPerSecond * 20)));
  const costs = costsOf(measured, target.image);
  const jobs = arrivals(count, target.imagesPerSecond, random).map((atMs) => {
    const part = measured.spread[Math.floor(random() * measured.spread.length)] ?? 1;
    return { atMs, cost: costOfImage(costs, target.accelerator !== undefined, part) };
  });
  return simulateService(jobs, fleet, engineTime(target.accelerator));
}

/** Costs of one simulated image. `part`: its engine time relative to the mean. */
function costOfImage(each: ReturnType<typeof costsOf>, accelerated: boolean, part: number): ImageCost {
  const imagingMs = each.imagingMs * part;
  return {
    intakeMs: each.apiMs / 2,
    deliverMs: each.apiMs / 2,
    shardMs: each.payloadMs / 4,
    pickupMs: each.controlMs,
    // With an accelerator, other images are decoded and encoded meanwhile.
    fetchMs: each.workerMs / 2 + (accelerated ? imagingMs / 2 : 0),
    storeMs: each.workerMs / 2 + (accelerated ? imagingMs / 2 : 0),
    engineMs: accelerated ? 0 : each.inferMs * part + imagingMs,
    latencyMs: LATENCY_MS,
  };
}

const engineTime = (accelerator: Accelerator | undefined): EngineTime =>
  accelerator === undefined
    ? oneByOne
    : (images) => accelerator.fixedMs + images.length * accelerator.imageMs;

/** A quantity to three digits. */
const short = (value: number): string => {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2);
};

const HEAD = ['images/s', 'APIs', 'shards', 'workers', 'accelerators', 'cores', 'Redis GB', 'workers GB'];
const MORE = [
  'in / out Gbit/s',
  'a shard, each way',
  'control Redis',
  'p50 / p99 s',
  'an hour',
  '1,000 images',
];

/** Plans as the rows of a Markdown table. */
export function planTable(plans: readonly CapacityPlan[]): string {
  const rows = plans.map((plan) => [
    ...[plan.imagesPerSecond, plan.apis, plan.shards, plan.workers, plan.accelerators, plan.cores].map((n) =>
      n.toLocaleString('en'),
    ),
    ...[plan.redisGb, plan.workersGb].map(short),
    `${short(plan.edgeGbit.in)} / ${short(plan.edgeGbit.out)}`,
    short(plan.shardGbit),
    `${Math.round(plan.controlLoad * 100)} %`,
    `${short(plan.simulatedS.p50)} / ${short(plan.simulatedS.p99)}`,
    ...[plan.costPerHour, plan.costPerThousand].map(short),
  ]);
  const all = [[...HEAD, ...MORE], ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(all[0]!), rule, ...all.slice(1).map(line)].join('\n');
}
