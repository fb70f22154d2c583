import { arrivals, randomFrom } from './capacity-agenda.js';
import {
  meansBetween,
  type LiveService,
  type MeansMs,
  type Observed,
  type StepsMs,
} from './capacity-live.js';
import { simulateService, type Fleet, type ImageCost } from './capacity-simulation.js';
import { median, percentile } from './figures.js';

/** What one load level showed: the real run, and the simulation of the same arrivals. Times in ms. */
export interface LevelCheck {
  /** What the workers ran, and how many of them. */
  model?: string;
  workers?: number;
  share: number;
  images: number;
  perSecond: number;
  /** Most that the workers did a second. */
  fullPerSecond: number;
  realMs: Quantiles;
  /** With costs measured just before the run and just after it. */
  predictedMs: Quantiles;
  /** With the steps of the very images, from their spans: what the machine did to them is known then, waiting is not. */
  explainedMs: Quantiles;
  /** Simulation by reality. */
  predictedRatio: Quantiles;
  explainedRatio: Quantiles;
}

/** Middle and slowest of all times. */
export interface Quantiles {
  p50: number;
  p99: number;
}

/** Costs of one photo, alone and under full load. */
interface Calibration {
  means: MeansMs;
  latencyMs: number;
  alone: Observed[];
  full: Observed[];
  /** Most images a second, of all workers together. */
  fullPerSecond: number;
}

const REPEATS = 25;
/**
 * Images in a row that get costs measured in a row: a machine that others use is slow for a while and fast for a while,
 * and slow images side by side are what makes queues (moving blocks, Künsch 1989).
 */
const BLOCK = 8;

/** Measures what the photo costs: images one by one, then as many as the workers can hold. */
async function calibrate(
  live: LiveService,
  photo: Buffer,
  counts: { alone: number; full: number; workers: number },
): Promise<Calibration> {
  const before = await live.sums();
  const { observed: alone } = await live.closed(photo, counts.alone, 1);
  const means = meansBetween(before, await live.sums());
  const { observed: full, lastedMs } = await live.closed(photo, counts.full, 2 * counts.workers);
  const mean = (of: (one: Observed) => number): number =>
    alone.reduce((sum, one) => sum + of(one), 0) / alone.length;
  const known = means.intake + means.pickup + means.fetch + means.handover + means.store + means.deliver;
  return {
    ...{ means, alone, full },
    latencyMs: Math.max(0, mean((one) => one.latencyMs) - mean((one) => one.engineMs) - known),
    fullPerSecond: (1000 * full.length) / lastedMs,
  };
}

/** Both together: a machine that others use drifts while it is watched. */
function pooled(a: Calibration, b: Calibration): Calibration {
  const means = { ...a.means };
  for (const step of Object.keys(means) as (keyof MeansMs)[])
    means[step] = (a.means[step] + b.means[step]) / 2;
  return {
    means,
    latencyMs: (a.latencyMs + b.latencyMs) / 2,
    alone: [...a.alone, ...b.alone],
    full: [...a.full, ...b.full],
    fullPerSecond: (a.fullPerSecond + b.fullPerSecond) / 2,
  };
}

/** Runs one level for real, between two measurements of what images cost, and in the simulation. */
export async function checkLevel(
  live: LiveService,
  photo: Buffer,
  level: { share: number; images: number; fleet: Fleet; alone: number; full: number },
): Promise<LevelCheck> {
  const { share, images, fleet, alone, full } = level;
  const measure = (): Promise<Calibration> => calibrate(live, photo, { alone, full, workers: fleet.workers });
  const before = await measure();
  const perSecond = share * before.fullPerSecond;
  const atMs = arrivals(images, perSecond, randomFrom(Math.round(share * 1000)));
  const observed = await live.open(photo, atMs);
  // The last spans are handed over within two seconds.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const steps = observed.map((one) => live.stepsOf(one));
  const calibration = pooled(before, await measure());
  const realMs = quantiles(observed.map(({ latencyMs }) => latencyMs));
  const simulate = (costOf: (index: number) => ImageCost): Quantiles =>
    quantiles(
      simulateService(
        atMs.map((at, index) => ({ atMs: at, cost: costOf(index) })),
        fleet,
      ).latenciesMs,
    );
  const draw = drawerOf(calibration, share);
  const repeats = Array.from({ length: REPEATS }, () => simulate(() => costWith(calibration, draw())));
  const predictedMs = {
    p50: median(repeats.map(({ p50 }) => p50)),
    p99: median(repeats.map(({ p99 }) => p99)),
  };
  const explainedMs = simulate((index) => {
    const own = steps[index];
    return own === undefined ? costWith(calibration, draw()) : costOfSteps(calibration, own);
  });
  return {
    ...{ share, images, perSecond, fullPerSecond: calibration.fullPerSecond },
    ...{ realMs, predictedMs, explainedMs },
    predictedRatio: ratio(predictedMs, realMs),
    explainedRatio: ratio(explainedMs, realMs),
  };
}

/** Draws times of the engine, as many of them under full load as the service is under load itself. */
function drawerOf({ alone, full }: Calibration, share: number): () => number {
  const random = randomFrom(1);
  let drawn = 0;
  let from = 0;
  return () => {
    const step = drawn++ % BLOCK;
    if (step === 0) from = random();
    const pool = random() < share ? full : alone;
    return pool[(Math.floor(from * pool.length) + step) % pool.length]?.engineMs ?? NaN;
  };
}

/** Measured steps of one image; the way to the engine and back is the engine's. */
function costWith({ means, latencyMs }: Calibration, engineMs: number): ImageCost {
  return {
    intakeMs: means.intake,
    shardMs: 0,
    pickupMs: means.pickup,
    fetchMs: means.fetch,
    engineMs: engineMs + means.handover,
    storeMs: means.store,
    deliverMs: means.deliver,
    latencyMs,
  };
}

/** The steps of one image as they were; what waiting there was, is for the simulation to find. */
const costOfSteps = ({ means }: Calibration, steps: StepsMs): ImageCost => ({
  intakeMs: steps.intake,
  shardMs: 0,
  pickupMs: means.pickup,
  fetchMs: steps.fetch,
  engineMs: steps.engine + means.handover,
  storeMs: steps.store,
  deliverMs: steps.deliver,
  latencyMs: steps.latency,
});

const quantiles = (values: readonly number[]): Quantiles => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
});

const ratio = (a: Quantiles, b: Quantiles): Quantiles => ({ p50: a.p50 / b.p50, p99: a.p99 / b.p99 });
