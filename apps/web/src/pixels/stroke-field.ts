import type { Stroke } from './edit.js';
import type { Rect, Size } from './frame-geometry.js';

/** The longer side of a picture has at most this many cells, as in the service. */
const MAX_SIDE = 1024;
/** A brush has about this many cells across, if the picture has as many pixels there. */
const BRUSH_CELLS = 16;

/** Picture pixels per cell of the grid on which a stroke is refined. The same at every scale of the picture. */
export const cellOf = ({ size }: Pick<Stroke, 'size'>, picture: Size): number =>
  Math.max(1, Math.min(Math.max(picture.width, picture.height) / MAX_SIDE, size / BRUSH_CELLS));

/** Distance at which a stroke no longer reaches a cell, in radii. */
export const FAR = 2;

/** Relative distance from the middle line of the brush at which its soft edge starts. */
const SOFT_FROM = 0.76;

/** How much a brush covers at a distance from its middle line, in radii: 1 inside, 0 from its border on. */
export const coverage = (distance: number): number =>
  Math.min(1, Math.max(0, (1 - distance) / (1 - SOFT_FROM)));

/** A line of a stroke, in cells. */
interface Line {
  x: number;
  y: number;
  dx: number;
  dy: number;
}

/** The lines of a stroke; a dot is a line without a length. */
export function linesOf({ points }: Pick<Stroke, 'points'>, cell: number): Line[] {
  const at = (i: number): number => (points[i] ?? 0) / cell;
  const lines: Line[] = points.length === 2 ? [{ x: at(0), y: at(1), dx: 0, dy: 0 }] : [];
  for (let i = 2; i + 1 < points.length; i += 2)
    lines.push({ x: at(i - 2), y: at(i - 1), dx: at(i) - at(i - 2), dy: at(i + 1) - at(i - 1) });
  return lines;
}

/**
 * Distance of each cell of a window from the middle line of a stroke, in radii, at most `FAR`.
 * @param radius of the brush, in cells
 */
export function distances(lines: readonly Line[], radius: number, window: Rect): Float32Array {
  const { left, top, width, height } = window;
  const field = new Float32Array(width * height).fill(FAR * FAR);
  const reach = FAR * radius;
  for (const { x, y, dx, dy } of lines) {
    const [fromX, toX] = spanOf(x - left, dx, reach, width);
    const [fromY, toY] = spanOf(y - top, dy, reach, height);
    const length = dx * dx + dy * dy;
    for (let row = fromY; row < toY; row++) {
      for (let column = fromX; column < toX; column++) {
        const [px, py] = [column + 0.5 + left - x, row + 0.5 + top - y];
        const part = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
        const [ox, oy] = [px - part * dx, py - part * dy];
        const square = (ox * ox + oy * oy) / (radius * radius);
        const i = row * width + column;
        if (square < (field[i] ?? 0)) field[i] = square;
      }
    }
  }
  return field.map(Math.sqrt);
}

/** The cells, of `count`, that a line from `at` over `by` reaches. */
const spanOf = (at: number, by: number, reach: number, count: number): [from: number, to: number] => [
  Math.max(0, Math.floor(Math.min(at, at + by) - reach)),
  Math.min(count, Math.ceil(Math.max(at, at + by) + reach)),
];

/** The rectangle of cells that a stroke can change, within a picture of `size` cells. */
export function reachOf(lines: readonly Line[], radius: number, { width, height }: Size): Rect {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const { x, y, dx, dy } of lines) {
    left = Math.min(left, x - radius, x + dx - radius);
    top = Math.min(top, y - radius, y + dy - radius);
    right = Math.max(right, x + radius, x + dx + radius);
    bottom = Math.max(bottom, y + radius, y + dy + radius);
  }
  left = Math.max(0, Math.floor(left));
  top = Math.max(0, Math.floor(top));
  right = Math.min(width, Math.ceil(right));
  bottom = Math.min(height, Math.ceil(bottom));
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}
