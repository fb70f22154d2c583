import { RunnerProcess } from './runner.js';
import type { Measurement, RunnerSpec } from './runner-protocol.js';
import { median, tenth } from './figures.js';
import { photoOf } from './photo.js';

/** Size of the warm-up image. */
const WARM_UP_MEGAPIXELS = 0.25;

/** By name: what to run, and whether it runs with an engine's process limits. */
export type RunnerSpecs = Record<string, { spec: RunnerSpec; contained?: boolean }>;

/** Loaded runners by name. */
export type Runners = Record<string, RunnerProcess>;

/**
 * Figures of one runner for one image. The minimum of all rounds counts: other load on the machine only increases it.
 */
export interface Figures {
  wallMs: { min: number; median: number };
  cpuMs: { min: number; median: number };
  peakMb: number;
  outputBytes: number;
  stagesMs: Record<string, number>;
}

/** Starts the runners one after the other, with one small image each. */
export async function startRunners(specs: RunnerSpecs): Promise<Runners> {
  const image = await photoOf(WARM_UP_MEGAPIXELS);
  const runners: Runners = {};
  for (const [name, { spec, contained }] of Object.entries(specs)) {
    const runner = await RunnerProcess.start(spec, contained);
    if (spec.kind !== 'network') await runner.run(image);
    runners[name] = runner;
  }
  return runners;
}

/** Stops all. */
export async function stopRunners(runners: Runners): Promise<void> {
  await Promise.all(Object.values(runners).map((runner) => runner.stop()));
}

/** All runners process one image alternately, `rounds` times; outputs are in the first measurement of each. */
export async function runInterleaved(
  runners: Runners,
  image: Uint8Array,
  rounds: number,
): Promise<Record<string, Measurement[]>> {
  const measurements = Object.fromEntries(
    Object.keys(runners).map((name): [string, Measurement[]] => [name, []]),
  );
  for (let round = 0; round < rounds; round += 1) {
    const line: string[] = [];
    for (const [name, runner] of Object.entries(runners)) {
      const measurement = await runner.run(image, round === 0);
      measurements[name]?.push(measurement);
      line.push(`${name} ${Math.round(measurement.wallMs)} ms`);
    }
    process.stderr.write(`  round ${round + 1}: ${line.join(', ')}\n`);
  }
  return measurements;
}

/** Summarizes the measurements of one runner for one image. */
export function figuresOf(measurements: readonly Measurement[]): Figures {
  const spread = (values: number[]): Figures['wallMs'] => ({
    min: tenth(Math.min(...values)),
    median: tenth(median(values)),
  });
  const stages = Object.keys(measurements[0]?.stagesMs ?? {});
  return {
    wallMs: spread(measurements.map(({ wallMs }) => wallMs)),
    cpuMs: spread(measurements.map(({ cpuMs }) => cpuMs)),
    peakMb: Math.round(Math.max(...measurements.map(({ peakMb }) => peakMb))),
    outputBytes: measurements[0]?.outputBytes ?? NaN,
    stagesMs: Object.fromEntries(
      stages.map((stage) => [
        stage,
        tenth(Math.min(...measurements.map(({ stagesMs }) => stagesMs[stage] ?? NaN))),
      ]),
    ),
  };
}

/** A figure to compare. */
export type Measure = (figures: Figures) => number;

/** Minimum time from image to image. */
export const minWall: Measure = ({ wallMs }) => wallMs.min;

/** Median time from image to image. */
export const medianWall: Measure = ({ wallMs }) => wallMs.median;

/** Minimum CPU time of all cores, which other load hardly affects. */
export const minCpu: Measure = ({ cpuMs }) => cpuMs.min;

/** Time of `slower` relative to `faster`, summed over several images, to a hundredth. */
export function ratioOf(
  images: readonly Record<string, Figures>[],
  [slower, faster]: readonly [string, string],
  measure: Measure,
): number {
  const sum = (name: string): number =>
    images.reduce(
      (total, { [name]: figures }) => total + (figures === undefined ? NaN : measure(figures)),
      0,
    );
  return Math.round((100 * sum(slower)) / sum(faster)) / 100;
}
