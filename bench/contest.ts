import { Contestant } from './contestant.js';
import type { Answer, Entry } from './contestant-entry.js';
import { median, tenth } from './figures.js';
import { photoOf } from './photo.js';

/** Enough to touch everything once. */
const WARM_UP_MEGAPIXELS = 0.25;

/** Name of each contestant, what it is, and whether it runs as contained as an engine. */
export type Lists = Record<string, { entry: Entry; contained?: boolean }>;

/** Loaded contestants by name. */
export type Field = Record<string, Contestant>;

/** What one contestant took for one image: the least of all rounds, which the others on the machine only add to. */
export interface Figures {
  wallMs: { min: number; median: number };
  cpuMs: { min: number; median: number };
  peakMb: number;
  outputBytes: number;
  stagesMs: Record<string, number>;
}

/** Loads the contestants one after the other, and lets each do one small image. */
export async function enter(lists: Lists): Promise<Field> {
  const image = await photoOf(WARM_UP_MEGAPIXELS);
  const field: Field = {};
  for (const [name, { entry, contained }] of Object.entries(lists)) {
    const contestant = await Contestant.start(entry, contained);
    if (entry.kind !== 'network') await contestant.run(image);
    field[name] = contestant;
  }
  return field;
}

/** Ends all. */
export async function leave(field: Field): Promise<void> {
  await Promise.all(Object.values(field).map((contestant) => contestant.stop()));
}

/** All take turns with one image, `rounds` times; outputs come with the first answer of each. */
export async function takeTurns(
  field: Field,
  image: Uint8Array,
  rounds: number,
): Promise<Record<string, Answer[]>> {
  const answers = Object.fromEntries(Object.keys(field).map((name): [string, Answer[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const line: string[] = [];
    for (const [name, contestant] of Object.entries(field)) {
      const answer = await contestant.run(image, round === 0);
      answers[name]?.push(answer);
      line.push(`${name} ${Math.round(answer.wallMs)} ms`);
    }
    process.stderr.write(`  round ${round + 1}: ${line.join(', ')}\n`);
  }
  return answers;
}

/** Sums up one contestant's answers to one image. */
export function figuresOf(answers: readonly Answer[]): Figures {
  const spread = (values: number[]): Figures['wallMs'] => ({
    min: tenth(Math.min(...values)),
    median: tenth(median(values)),
  });
  const stages = Object.keys(answers[0]?.stagesMs ?? {});
  return {
    wallMs: spread(answers.map(({ wallMs }) => wallMs)),
    cpuMs: spread(answers.map(({ cpuMs }) => cpuMs)),
    peakMb: Math.round(Math.max(...answers.map(({ peakMb }) => peakMb))),
    outputBytes: answers[0]?.outputBytes ?? NaN,
    stagesMs: Object.fromEntries(
      stages.map((stage) => [
        stage,
        tenth(Math.min(...answers.map(({ stagesMs }) => stagesMs[stage] ?? NaN))),
      ]),
    ),
  };
}

/** What of the figures is compared. */
export type Measure = (figures: Figures) => number;

/** Shortest time from image to image. */
export const leastWall: Measure = ({ wallMs }) => wallMs.min;

/** Middle time from image to image. */
export const middleWall: Measure = ({ wallMs }) => wallMs.median;

/** Least work of all cores: what else the machine does hardly shows in it. */
export const leastCpu: Measure = ({ cpuMs }) => cpuMs.min;

/** How many times more `slower` takes than `faster`, over several images: sum by sum, to a hundredth. */
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
