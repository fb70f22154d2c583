import { rectOf, type Rect, type Size } from '../raster/pixel-rect.js';

/** Part of the subject's height, from below, that stands on the ground, and part that shades it from above. */
const FEET = 0.1;
const BODY = 0.5;
/** Depth of both shadows on the ground, as shares of the subject's longer side, and strength of the wide one. */
const CORE_DEPTH = 0.02;
const WIDE_DEPTH = 0.055;
const WIDE_STRENGTH = 0.45;

/**
 * Turns the opacity of a subject into its shadow on the ground, in place: a dark core along the lowest parts, which touch the
 * ground, and a wider, fainter one below the lower half. Both fade with the distance from the ground line.
 * @param data one byte a pixel
 * @param reach longer side of the subject, pixels of the plane
 */
export function castOnGround(data: Uint8Array, size: Size, { reach }: { reach: number }): void {
  const box = boxOf(data, size);
  if (box === undefined) return;
  const ground = box.top + box.height;
  const core = columnsOf(data, size, { from: ground - FEET * box.height, to: ground });
  const wide = columnsOf(data, size, { from: ground - BODY * box.height, to: ground });
  const [coreDepth, wideDepth] = [Math.max(1, CORE_DEPTH * reach), Math.max(1, WIDE_DEPTH * reach)];
  for (let y = 0, at = 0; y < size.height; y += 1) {
    const near = fading((y - ground) / coreDepth);
    const far = WIDE_STRENGTH * fading((y - ground) / wideDepth);
    for (let x = 0; x < size.width; x += 1, at += 1) {
      data[at] = Math.round(Math.max(near * (core[x] as number), far * (wide[x] as number)));
    }
  }
}

const fading = (distance: number): number => Math.exp(-distance * distance);

/** Box of the values above zero; undefined if there are none. */
function boxOf(data: Uint8Array, { width, height }: Size): Rect | undefined {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      if (data[at] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return right === 0 ? undefined : rectOf(left, top, right, bottom);
}

/** Largest value of each column within rows `from` to `to`. */
function columnsOf(data: Uint8Array, { width }: Size, rows: { from: number; to: number }): Uint8Array {
  const columns = new Uint8Array(width);
  for (let y = Math.max(0, Math.floor(rows.from)); y < rows.to; y += 1) {
    for (let x = 0; x < width; x += 1) {
      columns[x] = Math.max(columns[x] as number, data[y * width + x] as number);
    }
  }
  return columns;
}
