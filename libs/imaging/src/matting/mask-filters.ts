import { wipe } from '#crypto/wipe.js';
import type { Mask } from '../raster/raster.js';

/** Opacity up to which a cell becomes 0: 1 %, the precision of the model's output. */
const NEAR_ZERO = 2;

/**
 * Sets opacity near 0 to 0, in place. The difference is invisible, and background cells need no edge processing: in
 * photographs much of the apparent edge is such residue. Opacity near 255 is kept: rounding it up moves the inside of
 * a subject further from the float model's output.
 */
export function zeroNearBackground({ data }: Mask): void {
  for (let i = 0; i < data.length; i += 1) if ((data[i] as number) <= NEAR_ZERO) data[i] = 0;
}

/** Opacity below which a cell is certainly background; masks of glass are rarely this thin. */
const BACKGROUND_BELOW = 51;
/** Distances from the background between which opacity is raised, as shares of the mask's longer side. */
const SOFT_TO = 0.004;
const SOLID_FROM = 0.012;
/** Distance to a straight and to a diagonal neighbor, in thirds of a cell. */
const STRAIGHT = 3;
const DIAGONAL = 4;
const FAR = 0xffff - DIAGONAL;

/**
 * Makes translucent areas inside the subject (glass, veils) opaque, in place. The edge towards the background keeps
 * its softness: opacity is raised by the distance of a cell from the background, with a smooth transition.
 *
 * Distances are chamfer distances with weights 3 and 4 in two passes: G. Borgefors, "Distance transformations in
 * digital images", CVGIP 34 (1986), at most 8 % off the Euclidean distances.
 */
export function fillInterior(mask: Mask): void {
  const { data, width, height } = mask;
  const side = STRAIGHT * Math.max(width, height);
  const [near, far] = [SOFT_TO * side, SOLID_FROM * side];
  const distance = distances(mask);
  for (let i = 0; i < width * height; i += 1) {
    const value = data[i] as number;
    const part = Math.min(Math.max(((distance[i] as number) - near) / (far - near), 0), 1);
    const smooth = part * part * (3 - 2 * part);
    data[i] = Math.round(value + (255 - value) * smooth);
  }
  wipe(distance);
}

/** Distance of each cell from the nearest background cell, in thirds of a cell. */
function distances({ data, width, height }: Mask): Uint16Array {
  const distance = new Uint16Array(width * height);
  for (let i = 0; i < distance.length; i += 1) {
    distance[i] = (data[i] as number) < BACKGROUND_BELOW ? 0 : FAR;
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) relax(distance, { x, y, width, height }, -1);
  }
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let x = width - 1; x >= 0; x -= 1) relax(distance, { x, y, width, height }, 1);
  }
  return distance;
}

/** Minimum over the four neighbors already visited: the row before (`step` -1) or after (1), and the one beside. */
function relax(
  distance: Uint16Array,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  step: -1 | 1,
): void {
  const at = y * width + x;
  let nearest = distance[at] as number;
  if (nearest === 0) return;
  const via = (index: number, weight: number): void => {
    nearest = Math.min(nearest, (distance[index] as number) + weight);
  };
  const beside = x + step;
  if (beside >= 0 && beside < width) via(at + step, STRAIGHT);
  const row = y + step;
  if (row >= 0 && row < height) {
    const start = row * width + x;
    via(start, STRAIGHT);
    if (x > 0) via(start - 1, DIAGONAL);
    if (x < width - 1) via(start + 1, DIAGONAL);
  }
  distance[at] = nearest;
}
