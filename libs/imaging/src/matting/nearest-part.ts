import { wipe } from '#crypto/wipe.js';
import type { Size } from '../raster/pixel-rect.js';
import type { MaskParts } from './mask-parts.js';

/** For each cell of a grid: the nearest part, and the distance to it. */
export interface NearestParts {
  /** Index of the nearest part; -1 when there are no parts. */
  labels: Int32Array;
  /** Distance in shares of the picture's longer side; 0 in a part. */
  distances: Float32Array;
  wipe: () => void;
}

/** Side of a cell in shares of the picture's longer side. */
export interface CellSteps {
  across: number;
  down: number;
  diagonal: number;
}

/** Sides of a cell of a grid that covers a picture of this size, in shares of the picture's longer side. */
export function cellSteps(grid: Size, picture: Size): CellSteps {
  const longer = Math.max(picture.width, picture.height);
  const across = picture.width / grid.width / longer;
  const down = picture.height / grid.height / longer;
  return { across, down, diagonal: Math.hypot(across, down) };
}

/**
 * Assigns each cell to the nearest part, by a chamfer distance transform in two passes that carries the label along:
 * G. Borgefors, "Distance transformations in digital images", CVGIP 34 (1986). Cells need not be square.
 * @param parts their labels are changed in place and become part of the result
 * @returns data that the caller wipes
 */
export function nearestParts({ labels }: MaskParts, grid: Size, steps: CellSteps): NearestParts {
  const distances = Float32Array.from(labels, (label) => (label === -1 ? Infinity : 0));
  const { width, height } = grid;
  const visit = { labels, distances, width, steps };
  for (let y = 0; y < height; y += 1) relaxRow(visit, y * width, y === 0 ? undefined : -width, 1);
  for (let y = height - 1; y >= 0; y -= 1) {
    relaxRow(visit, y * width, y === height - 1 ? undefined : width, -1);
  }
  return { labels, distances, wipe: () => wipe(labels, distances) };
}

/**
 * Takes over the nearest part of neighbors that were visited before.
 * @param beside offset of the row visited before
 * @param step direction along the row
 */
function relaxRow(
  {
    labels,
    distances,
    width,
    steps,
  }: Pick<NearestParts, 'labels' | 'distances'> & {
    width: number;
    steps: CellSteps;
  },
  start: number,
  beside: number | undefined,
  step: 1 | -1,
): void {
  const relax = (cell: number, from: number, length: number): void => {
    const distance = (distances[from] as number) + length;
    if (distance >= (distances[cell] as number)) return;
    distances[cell] = distance;
    labels[cell] = labels[from] as number;
  };
  for (let i = 0; i < width; i += 1) {
    const x = step === 1 ? i : width - 1 - i;
    const cell = start + x;
    if (distances[cell] === 0) continue;
    if (i > 0) relax(cell, cell - step, steps.across);
    if (beside === undefined) continue;
    relax(cell, cell + beside, steps.down);
    if (x > 0) relax(cell, cell + beside - 1, steps.diagonal);
    if (x < width - 1) relax(cell, cell + beside + 1, steps.diagonal);
  }
}
