import { rectOf, type Rect } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster-shape.js';

/** Alpha below which a pixel counts as transparent: 3 %, which is what resampling leaves beside an edge. */
export const VISIBLE_FROM = 8;

/** Width of the rim that is looked at, in parts of the shorter side. */
const RIM_SHARE = 1 / 200;
/** An image that was cut out is transparent in at least this share of its pixels, */
const MIN_CLEAR = 0.05;
/** and either in this share of its rim, */
const MIN_CLEAR_RIM = 0.25;
/** or it leaves this much of the box around all that is visible: a letter that was cropped to its bounds. */
const MAX_TIGHT_FILL = 0.8;
/** What fills its box to more than this is a plain rectangle, which is a photo on a larger canvas. */
const MAX_FILL = 0.99;

/** What an image's own alpha says about it. */
export interface AlphaFacts {
  /**
   * `cut-out`: it was cut out before. `padded`: a plain rectangle on a larger transparent canvas. `full`: neither, such
   * as an opaque photo or one with rounded corners. Of the last two, what is in them has a background of its own.
   */
  kind: 'cut-out' | 'padded' | 'full';
  /** The smallest box around all that is visible; 0 × 0 when nothing is. */
  box: Rect;
}

/** Classifies an image by its alpha alone. */
export function alphaFacts(image: Raster): AlphaFacts {
  const { clear, clearRim, fill, box } = measured(image);
  if (clear === 1 || clear < MIN_CLEAR) return { kind: 'full', box };
  if (fill >= MAX_FILL) return { kind: 'padded', box };
  return { kind: clearRim >= MIN_CLEAR_RIM || fill < MAX_TIGHT_FILL ? 'cut-out' : 'full', box };
}

/** Shares, 0 to 1, and a box. */
interface Measures {
  /** Transparent pixels, of all. */
  clear: number;
  /** Transparent pixels of the rim, of all of the rim. */
  clearRim: number;
  /** Visible pixels, of those in the smallest box around them. */
  fill: number;
  box: Rect;
}

function measured({ data, width, height }: Raster): Measures {
  const rim = Math.max(1, Math.round(Math.min(width, height) * RIM_SHARE));
  let [clear, clearRim, left, right, top, bottom] = [0, 0, width, 0, height, 0];
  for (let y = 0, at = 3; y < height; y += 1) {
    const isRimRow = y < rim || y >= height - rim;
    let [first, end] = [width, 0];
    for (let x = 0; x < width; x += 1, at += 4) {
      if ((data[at] as number) < VISIBLE_FROM) {
        clear += 1;
        if (isRimRow || x < rim || x >= width - rim) clearRim += 1;
        continue;
      }
      if (end === 0) first = x;
      end = x + 1;
    }
    if (end === 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, end);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  const all = width * height;
  const inner = Math.max(0, width - 2 * rim) * Math.max(0, height - 2 * rim);
  const box = rectOf(Math.min(left, right), Math.min(top, bottom), right, bottom);
  return {
    clear: clear / all,
    clearRim: clearRim / (all - inner),
    fill: (all - clear) / Math.max(1, box.width * box.height),
    box,
  };
}
