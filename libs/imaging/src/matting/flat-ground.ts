import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { channelDistance, GROUND_WITHIN, rimFacts } from './ground-color.js';
import type { Mask } from '../raster/raster.js';

/** Share of the border that has the ground's color. */
const MIN_RIM_SHARE = 0.99;
/** Mean opacity from which a model has taken ground for subject, and the smallest such area, as a share of the mask. */
const MIN_OPACITY = 100;
const MIN_AREA = 0.0002;
/** Share of a mask that such areas have at most. */
const MAX_SHARE = 0.9;
/** White and black clip: parts of a subject often have exactly these colors, such as labels and shadows. */
const CLIPPED_FROM = 240;
const CLIPPED_TO = 16;

/** True when the options ask for open holes in photographs. */
export const opensHoles = ({ graphics, holes }: Pick<JobOptions, 'graphics' | 'holes'>): boolean =>
  graphics !== 'off' && holes === 'open';

/**
 * Clears areas of a photograph on one color where the model has taken the ground for the subject, such as the holes of
 * a basket: they have the ground's color with its noise. In place.
 * @param guide colors of the picture on the mask's grid, R G B
 * @returns number of areas
 */
export function clearGround(guide: Uint8Array, { data, width, height }: Mask): number {
  const rim = rimFacts({ data: guide, width, height }, { left: 0, top: 0, width, height }, 3);
  if (rim.share < MIN_RIM_SHARE || isClipped(rim.ground)) return 0;
  const isGround = Uint8Array.from(data, (_, at) =>
    Number(channelDistance(guide, 3 * at, rim.ground) <= GROUND_WITHIN),
  );
  const isInside = eroded(isGround, width);
  const areas: number[][] = [];
  for (let at = 0; at < data.length; at += 1) {
    if (isInside[at] !== 1) continue;
    const area = takeArea(isInside, at, width);
    const opacity = area.reduce((sum, cell) => sum + (data[cell] as number), 0) / area.length;
    if (area.length < MIN_AREA * data.length || opacity < MIN_OPACITY) continue;
    areas.push(area);
  }
  wipe(isGround, isInside);
  // Then the model has found something that has the ground's color.
  if (isNearlyAll(areas, data)) return 0;
  for (const cell of areas.flat()) for (const near of around(cell, width)) data[near] = 0;
  return areas.length;
}

/** True when hardly anything opaque is outside of the areas. */
function isNearlyAll(areas: readonly number[][], data: Uint8Array): boolean {
  const total = data.reduce((sum, opacity) => sum + opacity, 0);
  const inside = areas.flat().reduce((sum, cell) => sum + (data[cell] as number), 0);
  return inside > MAX_SHARE * total;
}

const isClipped = (color: readonly number[]): boolean =>
  Math.min(...color) >= CLIPPED_FROM || Math.max(...color) <= CLIPPED_TO;

/** A cell and its eight neighbors; only for cells that are not at the border. */
const around = (at: number, width: number): number[] =>
  [-width, 0, width].flatMap((row) => [at + row - 1, at + row, at + row + 1]);

/** Cells whose neighbors all have the ground's color; none at the border. */
function eroded(isGround: Uint8Array, width: number): Uint8Array {
  const inside = new Uint8Array(isGround.length);
  for (let at = width + 1; at < isGround.length - width - 1; at += 1) {
    const x = at % width;
    if (isGround[at] === 0 || x === 0 || x === width - 1) continue;
    let count = 0;
    for (let row = at - width; row <= at + width; row += width) {
      count += (isGround[row - 1] as number) + (isGround[row] as number) + (isGround[row + 1] as number);
    }
    inside[at] = Number(count === 9);
  }
  return inside;
}

/** The connected cells from one on, which are taken out. */
function takeArea(isInside: Uint8Array, from: number, width: number): number[] {
  const area = [from];
  isInside[from] = 0;
  for (let next = 0; next < area.length; next += 1) {
    const at = area[next] as number;
    for (const beside of [at - 1, at + 1, at - width, at + width]) {
      if (isInside[beside] !== 1) continue;
      isInside[beside] = 0;
      area.push(beside);
    }
  }
  return area;
}
