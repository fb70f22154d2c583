import { readFileSync } from 'node:fs';
import type { CpuMs, MeansMs } from './capacity-live.js';

/** What images of one size were measured to cost, one at a time. */
export interface SizeCosts {
  megapixels: number;
  inMb: number;
  outMb: number;
  /** The engine with one thread, and the network's part of it. */
  engineMs: number;
  inferMs: number;
  /** CPU time of one image. */
  cpuMs: CpuMs;
  /** What the service measured itself, and what a client waited, when this was measured. */
  meansMs?: MeansMs;
  latencyMs?: number;
}

/** A small image and a large one: between them, and beyond, costs are a straight line. */
export interface MeasuredCosts {
  small: SizeCosts;
  large: SizeCosts;
  /** Times of the engine for one photo, as parts of their mean: how much it varies. */
  spread: number[];
}

/** Where `npm run bench -- capacity --save` puts those of this machine. */
export const COSTS_FILE = 'bench/results/capacity.json';

/** Costs that were recorded on a quiet machine: what plans are made from unless told otherwise. */
export const REFERENCE_FILE = 'bench/capacity.reference.json';

/** The costs in a file. @throws Error when there are none */
export function savedCosts(file = REFERENCE_FILE): MeasuredCosts {
  const { costs } = JSON.parse(readFileSync(file, 'utf8')) as { costs?: MeasuredCosts };
  if (costs === undefined) throw new Error(`${file} has no costs: npm run bench -- capacity --save`);
  return costs;
}

/** The straight line through two points, at `x`; never below the lower of the two: costs do not shrink to nothing. */
export function lineAt(
  x: number,
  a: readonly [x: number, y: number],
  b: readonly [x: number, y: number],
): number {
  const slope = (b[1] - a[1]) / (b[0] - a[0]);
  return Math.max(Math.min(a[1], b[1]), a[1] + Math.max(0, slope) * (x - a[0]));
}

/** An image that a plan is made for. */
export interface PlannedImage {
  inMb: number;
  outMb: number;
  megapixels: number;
}

/** What such an image takes of each process, in ms of CPU; `control` is the part of Redis that no byte of it changes. */
export interface PlannedCosts {
  apiMs: number;
  controlMs: number;
  payloadMs: number;
  workerMs: number;
  inferMs: number;
  /** The engine beside the network: decode, edges, compose, encode. */
  imagingMs: number;
}

/** Costs of an image of any size, from those measured. */
export function costsOf(
  { small, large }: MeasuredCosts,
  { inMb, outMb, megapixels }: PlannedImage,
): PlannedCosts {
  const throughOf = (size: SizeCosts): number => size.inMb + size.outMb;
  const byBytes = (of: (size: SizeCosts) => number): number =>
    lineAt(inMb + outMb, [throughOf(small), of(small)], [throughOf(large), of(large)]);
  // By CPU time, which others on the machine lengthen less than time by the clock.
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
