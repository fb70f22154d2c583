import { wipe } from '#crypto/wipe.js';
import { EdgeMaps } from './edge-maps.js';
import { MatteRows } from './matte-rows.js';
import { Doubt } from './second-look.js';
import type { Rect } from '../raster/pixel-rect.js';
import type { Mask, Raster } from '../raster/raster.js';

/** Rows of a part that are measured at most. */
const MAX_ROWS = 256;

/** A mask with its edge maps, and the part of the image that it covers. */
export interface CoveringMask {
  mask: Mask;
  edges: EdgeMaps | undefined;
  /** In pixels of the image. */
  rect: Rect;
}

/**
 * Doubt of the refined alpha in a part of an image, in evenly spaced rows. Raw masks mislead: refinement already
 * decides much of what a coarse mask leaves open.
 * @param part inside of `covering.rect`
 */
export function refinedDoubt(image: Raster, part: Rect, covering: CoveringMask): number {
  const { mask, edges, rect } = covering;
  const alphaOnly = edges && new EdgeMaps(edges.size, edges.refinement, undefined);
  const matte = new MatteRows({ mask, edges: alphaOnly, to: rect, isOpaque: true });
  const row = new Uint8Array(4 * rect.width);
  const doubt = new Doubt();
  try {
    const step = Math.max(1, Math.ceil(part.height / MAX_ROWS));
    for (let y = part.top + (step >> 1); y < part.top + part.height; y += step) {
      const start = 4 * (y * image.width + rect.left);
      row.set(image.data.subarray(start, start + row.length));
      matte.apply(row, y - rect.top);
      const from = 4 * (part.left - rect.left);
      for (let at = from + 3; at < from + 4 * part.width; at += 4) doubt.add(row[at] as number);
    }
    return doubt.value;
  } finally {
    matte.wipe();
    wipe(row);
  }
}
