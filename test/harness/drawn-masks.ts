import type { Mask } from '#imaging/raster/raster.js';

/** Opacity of a shape at a place, 0 to 1; places are cells. */
export type Opacity = (x: number, y: number) => number;

/** A disc with a soft edge of one cell. */
export const disc =
  (cx: number, cy: number, radius: number): Opacity =>
  (x, y) =>
    Math.min(Math.max(radius + 0.5 - Math.hypot(x - cx, y - cy), 0), 1);

/** A rectangle from (left, top) to (right, bottom), ends excluded. */
export const block =
  (left: number, top: number, right: number, bottom: number): Opacity =>
  (x, y) =>
    x >= left && x < right && y >= top && y < bottom ? 1 : 0;

/** A shape that is less opaque. */
export const faint =
  (shape: Opacity, opacity: number): Opacity =>
  (x, y) =>
    opacity * shape(x, y);

/** A ring of 8 cells. */
export const ring =
  (cx: number, cy: number, radius: number): Opacity =>
  (x, y) =>
    Math.abs(Math.hypot(x - cx, y - cy) - radius) <= 4 ? 1 : 0;

/** The mask of shapes; where they overlap, the more opaque one counts. */
export function drawnMask(width: number, height: number, ...shapes: Opacity[]): Mask {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i += 1) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data[i] = Math.round(255 * Math.max(0, ...shapes.map((shape) => shape(x, y))));
  }
  return { data, width, height };
}

/** Sum of the opacity in a mask, in opaque cells. */
export const massOf = ({ data }: Mask): number => data.reduce((sum, value) => sum + value, 0) / 255;
