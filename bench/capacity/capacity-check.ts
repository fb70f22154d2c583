import { arrivals, randomFrom } from './event-simulation.js';
import { meansBetween, type LiveService, type MeansMs, type Observed, type StepsMs } from './live-service.js';
import { simulateService, type Fleet, type ImageCost } from './capacity-simulation.js';
import { median, percentile } from '../lib/figures.js';

/** Result of one load level: the real run, and simulations of the same arrivals. Times in ms. */
export interface LevelCheck {
  /** Model and number of the workers. */
  model?: string;
  workers?: number;
  share: number;
  images: number;
  perSecond: number;
  /** Largest throughput of the workers. */
  fullPerSecond: number;
  realMs: Quantiles;
  /** With costs measured directly before and after the run. */
  predictedMs: Quantiles;
  /**
   * With the steps of the same images from their spans, which include disturbances of the machine but not waiting.
   */
  explainedMs: Quantiles;
  /** Simulation divided by reality. */
  predictedRatio: Quantiles;
  explainedRatio: Quantiles;
}

/** Median and 99th percentile. */
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
  /** Largest throughput of all workers. */
  fullPerSecond: number;
}

const REPEATS = 25;
/**
 * Consecutive images that get consecutively measured costs: a shared machine is slow and fast in phases, and
 * consecutive slow images cause queues (moving block bootstrap, Künsch 1989).
 */
const BLOCK = 8;

/** Measures the costs of a photo: images one by one, then as many as the workers can hold. */
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

/** Combines both: the speed of a shared machine drifts. */
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

/** Runs one level on the real service, between two measurements of costs, and in the simulation. */
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
  // The last spans are exported within two seconds.
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
  const draw = samplerOf(calibration, share);
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

/** Draws engine times; the share of those under full load is that of the level. */
function samplerOf({ alone, full }: Calibration, share: number): () => number {
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

/** Measured steps of one image; the transfer to the engine and back counts for the engine. */
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

/** The measured steps of one image, without waiting, which the simulation computes. */
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
