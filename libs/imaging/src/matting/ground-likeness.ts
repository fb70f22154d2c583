import { wipe } from '#crypto/wipe.js';
import type { Mask, RgbRaster } from '../raster/raster.js';

/** Side of the grid on which colors are compared, and of the coarse grid from which the ground is predicted. */
const SIDE = 64;
const COARSE_SIDE = 16;
/** Samples of the picture a cell and direction. */
const SAMPLES = 4;
/** Opacity up to which all of a cell must be to count as ground, and from which as subject. */
const GROUND_TO = 8;
const SUBJECT_FROM = 200;
/**
 * Largest difference to the predicted ground, of 255, at which a cell has its color: three times the ground's own median
 * difference, plus this, but no more than the limit. On a busy ground little is within the limit by chance.
 */
const TOLERANCE = 3;
const MAX_TOLERANCE = 10;

/** Cells of a square grid: R, G, B and weight of each. */
interface ColorGrid {
  side: number;
  cells: Float32Array;
}

/**
 * Share of the inside of a subject that has the color that the ground would have there, 0 to 1. It is high where a mask
 * covers a hole: a ring cut out as a disc. The ground is continued under the subject by push-pull interpolation (S. Gortler
 * et al., "The lumigraph", SIGGRAPH 1996).
 * @param picture what the mask covers, in any size; neither is changed
 */
export function groundLikeness(mask: Mask, picture: RgbRaster): number {
  const colors = sampledColors(picture);
  const isGround = new Uint8Array(SIDE ** 2);
  const isSubject = new Uint8Array(SIDE ** 2);
  classify(mask, isGround, isSubject);
  const coarse = predictedGround(colors, isGround);
  const ground = differencesAt(isGround, colors, coarse).sort();
  const subject = differencesAt(isSubject, colors, coarse);
  try {
    if (ground.length === 0 || subject.length === 0) return 0;
    const median = ground[ground.length >> 1] as number;
    const tolerance = Math.min(TOLERANCE + 3 * median, MAX_TOLERANCE);
    return subject.filter((difference) => difference <= tolerance).length / subject.length;
  } finally {
    wipe(colors, isGround, isSubject, coarse, ground, subject);
  }
}

/** Mean color of each cell, from a few pixels. */
function sampledColors({ data, width, height }: RgbRaster): Float32Array {
  const colors = new Float32Array(3 * SIDE ** 2);
  const steps = SIDE * SAMPLES;
  for (let step = 0; step < steps; step += 1) {
    const row = Math.floor(((step + 0.5) * height) / steps) * width;
    const first = Math.floor(step / SAMPLES) * SIDE;
    for (let across = 0; across < steps; across += 1) {
      const from = 3 * (row + Math.floor(((across + 0.5) * width) / steps));
      const to = 3 * (first + Math.floor(across / SAMPLES));
      for (let i = 0; i < 3; i += 1)
        colors[to + i] = (colors[to + i] as number) + (data[from + i] as number) / SAMPLES ** 2;
    }
  }
  return colors;
}

/** Marks cells that are all ground, and cells that are all subject. */
function classify({ data, width, height }: Mask, isGround: Uint8Array, isSubject: Uint8Array): void {
  const [highest, lowest] = [new Uint8Array(SIDE ** 2), new Uint8Array(SIDE ** 2).fill(255)];
  const steps = SIDE * SAMPLES;
  for (let step = 0; step < steps; step += 1) {
    const row = Math.floor(((step + 0.5) * height) / steps) * width;
    for (let across = 0; across < steps; across += 1) {
      const value = data[row + Math.floor(((across + 0.5) * width) / steps)] as number;
      const cell = Math.floor(step / SAMPLES) * SIDE + Math.floor(across / SAMPLES);
      if (value > (highest[cell] as number)) highest[cell] = value;
      if (value < (lowest[cell] as number)) lowest[cell] = value;
    }
  }
  for (let cell = 0; cell < SIDE ** 2; cell += 1) {
    isGround[cell] = Number((highest[cell] as number) <= GROUND_TO);
    isSubject[cell] = Number((lowest[cell] as number) >= SUBJECT_FROM);
  }
  wipe(highest, lowest);
}

/** Colors of the ground on the coarse grid, three a cell, also where the subject hides it. */
function predictedGround(colors: Float32Array, isGround: Uint8Array): Float32Array {
  const cells = new Float32Array(4 * SIDE ** 2);
  for (let cell = 0; cell < SIDE ** 2; cell += 1) {
    if (isGround[cell] === 0) continue;
    cells.set(colors.subarray(3 * cell, 3 * cell + 3), 4 * cell);
    cells[4 * cell + 3] = 1;
  }
  const levels: ColorGrid[] = [{ side: SIDE, cells }];
  for (let level = levels[0] as ColorGrid; level.side > 1; levels.push(level)) level = halved(level);
  let filled: Float32Array = new Float32Array(3);
  let side = 1;
  for (const level of levels.toReversed().filter((each) => each.side <= COARSE_SIDE)) {
    const next = fillFrom(level, filled, side);
    wipe(filled);
    [filled, side] = [next, level.side];
  }
  wipe(...levels.map((level) => level.cells));
  return filled;
}

/** Half the side: means weighted by the weights, which are added up, to 1 at most. */
function halved({ side, cells }: ColorGrid): ColorGrid {
  const half = side / 2;
  const means = new Float32Array(4 * half ** 2);
  for (let cell = 0; cell < half ** 2; cell += 1) {
    const [x, y] = [cell % half, Math.floor(cell / half)];
    const first = 2 * y * side + 2 * x;
    let weight = 0;
    for (const from of [first, first + 1, first + side, first + side + 1]) {
      const own = cells[4 * from + 3] as number;
      weight += own;
      for (let i = 0; i < 3; i += 1)
        means[4 * cell + i] = (means[4 * cell + i] as number) + own * (cells[4 * from + i] as number);
    }
    if (weight > 0)
      for (let i = 0; i < 3; i += 1) means[4 * cell + i] = (means[4 * cell + i] as number) / weight;
    means[4 * cell + 3] = Math.min(weight / 2, 1);
  }
  return { side: half, cells: means };
}

/** Colors of a level, and where they have no weight, those of the coarser level. */
function fillFrom({ side, cells }: ColorGrid, coarser: Float32Array, coarserSide: number): Float32Array {
  const filled = new Float32Array(3 * side ** 2);
  for (let cell = 0; cell < side ** 2; cell += 1) {
    const weight = cells[4 * cell + 3] as number;
    const place = { x: ((cell % side) + 0.5) / side, y: (Math.floor(cell / side) + 0.5) / side };
    for (let i = 0; i < 3; i += 1) {
      const below = weight < 1 ? colorAt(coarser, coarserSide, place, i) : 0;
      filled[3 * cell + i] = weight * (cells[4 * cell + i] as number) + (1 - weight) * below;
    }
  }
  return filled;
}

/** One channel of a grid at a place, 0 to 1 across and down, by bilinear interpolation. */
function colorAt(
  colors: Float32Array,
  side: number,
  place: { x: number; y: number },
  channel: number,
): number {
  const [x, y] = [inGrid(place.x * side - 0.5, side), inGrid(place.y * side - 0.5, side)];
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(left + 1, side - 1), Math.min(top + 1, side - 1)];
  const at = (column: number, row: number): number => colors[3 * (row * side + column) + channel] as number;
  const upper = at(left, top) + (x - left) * (at(right, top) - at(left, top));
  const lower = at(left, bottom) + (x - left) * (at(right, bottom) - at(left, bottom));
  return upper + (y - top) * (lower - upper);
}

const inGrid = (position: number, side: number): number => Math.min(Math.max(position, 0), side - 1);

/** Of each marked cell, the largest difference of a channel to the predicted ground. */
function differencesAt(isMarked: Uint8Array, colors: Float32Array, coarse: Float32Array): Float32Array {
  const differences = new Float32Array(isMarked.reduce((sum, mark) => sum + mark, 0));
  for (let cell = 0, next = 0; cell < SIDE ** 2; cell += 1) {
    if (isMarked[cell] === 0) continue;
    const place = { x: ((cell % SIDE) + 0.5) / SIDE, y: (Math.floor(cell / SIDE) + 0.5) / SIDE };
    let largest = 0;
    for (let i = 0; i < 3; i += 1) {
      const predicted = colorAt(coarse, COARSE_SIDE, place, i);
      largest = Math.max(largest, Math.abs((colors[3 * cell + i] as number) - predicted));
    }
    differences[next] = largest;
    next += 1;
  }
  return differences;
}
