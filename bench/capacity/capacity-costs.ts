import { readFileSync } from 'node:fs';
import type { CpuMs, MeansMs } from './live-service.js';

/** Measured costs of images of one size, one at a time. */
export interface SizeCosts {
  megapixels: number;
  inMb: number;
  outMb: number;
  /** The engine with one thread, and the model's part of it. */
  engineMs: number;
  inferMs: number;
  /** CPU time of one image. */
  cpuMs: CpuMs;
  /** Means measured by the service, and the client's latency, at the same time. */
  meansMs?: MeansMs;
  latencyMs?: number;
}

/** A small and a large image: costs of other sizes are on the line through both. */
export interface MeasuredCosts {
  small: SizeCosts;
  large: SizeCosts;
  /** Engine times of one photo relative to their mean: their variation. */
  spread: number[];
}

/** File of `npm run bench -- capacity --save` with the costs of this machine. */
export const COSTS_FILE = 'bench/results/capacity.json';

/** Costs recorded on an idle machine: the default of plans. */
export const REFERENCE_FILE = 'bench/capacity/capacity.reference.json';

/** The costs in a file. @throws Error when it has none */
export function savedCosts(file = REFERENCE_FILE): MeasuredCosts {
  const { costs } = JSON.parse(readFileSync(file, 'utf8')) as { costs?: MeasuredCosts };
  if (costs === undefined) throw new Error(`${file} has no costs: npm run bench -- capacity --save`);
  return costs;
}

/** The line through two points, at `x`; never below the lower of the two. */
export function lineAt(
  x: number,
  a: readonly [x: number, y: number],
  b: readonly [x: number, y: number],
): number {
  const slope = (b[1] - a[1]) / (b[0] - a[0]);
  return Math.max(Math.min(a[1], b[1]), a[1] + Math.max(0, slope) * (x - a[0]));
}

/** The image of a plan. */
export interface PlannedImage {
  inMb: number;
  outMb: number;
  megapixels: number;
}

/**
 * CPU time of such an image in each process, in ms; `control` is the part of Redis that does not depend on its size.
 */
export interface PlannedCosts {
  apiMs: number;
  controlMs: number;
  payloadMs: number;
  workerMs: number;
  inferMs: number;
  /** The engine without the model: decode, edges, compose, encode. */
  imagingMs: number;
}

/** Costs of an image of any size, from measured ones. */
export function costsOf(
  { small, large }: MeasuredCosts,
  { inMb, outMb, megapixels }: PlannedImage,
): PlannedCosts {
  const throughOf = (size: SizeCosts): number => size.inMb + size.outMb;
  const byBytes = (of: (size: SizeCosts) => number): number =>
    lineAt(inMb + outMb, [throughOf(small), of(small)], [throughOf(large), of(large)]);
  // CPU time, which other load on the machine affects less than wall time.
  const infer = ({ cpuMs, inferMs, engineMs }: SizeCosts): number => (cpuMs.engines * inferMs) / engineMs;
  const imaging = (size: SizeCosts): number => size.cpuMs.engines - infer(size);
  const redisMs = byBytes(({ cpuMs }) => cpuMs.redis);
  return {
    apiMs: byBytes(({ cpuMs }) => cpuMs.api),
    controlMs: small.cpuMs.redis,
    payloadMs: Math.max(0, redisMs - small.cpuMs.redis),
    workerMs: byBytes(({ cpuMs }) => cpuMs.workers),
    inferMs: (infer(small) + infer(large)) / 2,
    imagingMs: lineAt(megapixels, [small.megapixels, imaging(small)], [large.megapixels, imaging(large)]),
  };
}
