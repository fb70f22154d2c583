import { arrivals, randomFrom } from './capacity-agenda.js';
import { costsOf, type MeasuredCosts, type PlannedImage } from './capacity-costs.js';
import { percentile } from './figures.js';
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

/** What is asked for. */
export interface CapacityWish {
  imagesPerSecond: number;
  image: PlannedImage;
  /** Longest time from the first byte sent to the last received, for 99 of 100 images. */
  p99S: number;
  /** Without one, workers compute with one thread each. */
  accelerator?: Accelerator | undefined;
  /** How long a finished result waits for its reader. */
  holdS: number;
  /** A core, a GB of memory, an accelerator, for an hour. */
  prices: { core: number; gb: number; accelerator: number };
}

/** What is needed for it. */
export interface CapacityPlan {
  imagesPerSecond: number;
  apis: number;
  shards: number;
  workers: number;
  accelerators: number;
  cores: number;
  redisGb: number;
  workersGb: number;
  /** Each way, for all clients together and for the busiest shard, in Gbit/s. */
  edgeGbit: { in: number; out: number };
  shardGbit: number;
  controlLoad: number;
  simulatedS: { p50: number; p99: number };
  costPerHour: number;
  costPerThousand: number;
}

/** No plan: so long it takes however many there are. */
export class NotFastEnough extends Error {
  constructor(readonly leastS: number) {
    super(`one image takes ${leastS.toFixed(2)} s at p99 however many workers there are`);
  }
}

/** Highest load that is planned for. */
const API_LOAD = 0.6;
const SHARD_LOAD = 0.5;
const WORKER_LOAD = 0.95;
/** Part of a Redis' memory that images may take, and what one image reserves of it for its result, as the broker does. */
const IMAGE_SHARE = 0.6;
const RESERVED_MB_PER_MEGAPIXEL = 1.5;
/** Memory of a worker and its engine, in GB. */
const WORKER_GB = 1;
/** Pub/sub, queue and wires: what is nobody's CPU. */
const LATENCY_MS = 5;
const MAX_SIMULATED = 20_000;
const MIN_SIMULATED = 4000;

/** Plans for a wish. @throws NotFastEnough */
export function planFor(wish: CapacityWish, measured: MeasuredCosts): CapacityPlan {
  const { imagesPerSecond: rate, image, accelerator } = wish;
  const each = costsOf(measured, image);
  const apis = Math.max(1, Math.ceil((rate * each.apiMs) / 1000 / API_LOAD));
  const shards = Math.max(1, Math.ceil((rate * each.payloadMs) / 1000 / SHARD_LOAD));
  const engineMs =
    accelerator === undefined
      ? each.inferMs + each.imagingMs
      : accelerator.imageMs + accelerator.fixedMs / accelerator.batch;
  const least = Math.max(1, Math.ceil((rate * engineMs) / 1000 / WORKER_LOAD));
  const run = (workers: number): Outcome =>
    simulated(wish, measured, { apis, shards, workers, batch: accelerator?.batch ?? 1 });
  const { workers, outcome } = fewest(least, wish.p99S, run);
  const meanS = outcome.latenciesMs.reduce((sum, ms) => sum + ms, 0) / outcome.latenciesMs.length / 1000;
  const reservedMb = image.inMb + RESERVED_MB_PER_MEGAPIXEL * image.megapixels;
  const redisGb = (rate * (meanS + wish.holdS) * reservedMb) / IMAGE_SHARE / 1000;
  const workersGb = workers * WORKER_GB;
  const engineCores = accelerator === undefined ? workers : (rate * each.imagingMs) / 1000 / API_LOAD;
  const cores = Math.ceil(apis + shards + 1 + engineCores + (rate * each.workerMs) / 1000);
  const accelerators = accelerator === undefined ? 0 : workers;
  const costPerHour =
    cores * wish.prices.core +
    (redisGb + workersGb) * wish.prices.gb +
    accelerators * wish.prices.accelerator;
  const gbit = (mb: number): number => (rate * mb * 8) / 1000;
  return {
    imagesPerSecond: rate,
    ...{ apis, shards, workers, accelerators, cores, redisGb, workersGb },
    edgeGbit: { in: gbit(image.inMb), out: gbit(image.outMb) },
    // Whatever goes into a shard comes out of it.
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

/** The fewest workers, `least` or more, with which the simulation keeps to the limit. */
function fewest(
  least: number,
  p99S: number,
  run: (workers: number) => Outcome,
): { workers: number; outcome: Outcome } {
  const keeps = ({ latenciesMs }: Outcome): boolean => percentile(latenciesMs, 0.99) <= p99S * 1000;
  const unbounded = run(least * 20 + 100);
  if (!keeps(unbounded)) throw new NotFastEnough(percentile(unbounded.latenciesMs, 0.99) / 1000);
  let low = least;
  let high = least;
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

function simulated(wish: CapacityWish, measured: MeasuredCosts, fleet: Fleet): Outcome {
  const random = randomFrom(7);
  const count = Math.round(Math.min(MAX_SIMULATED, Math.max(MIN_SIMULATED, wish.imagesPerSecond * 20)));
  const costs = costsOf(measured, wish.image);
  const jobs = arrivals(count, wish.imagesPerSecond, random).map((atMs) => {
    const part = measured.spread[Math.floor(random() * measured.spread.length)] ?? 1;
    return { atMs, cost: costOfImage(costs, wish.accelerator !== undefined, part) };
  });
  return simulateService(jobs, fleet, engineTime(wish.accelerator));
}

/** One image's way through the simulation. `part`: how much more or less than usual its engine takes. */
function costOfImage(each: ReturnType<typeof costsOf>, accelerated: boolean, part: number): ImageCost {
  const imagingMs = each.imagingMs * part;
  return {
    intakeMs: each.apiMs / 2,
    deliverMs: each.apiMs / 2,
    shardMs: each.payloadMs / 4,
    pickupMs: each.controlMs,
    // With an accelerator the images before and after are decoded and encoded meanwhile.
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
