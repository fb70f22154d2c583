import { rectOf, type Rect } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster.js';

/** Alpha below which a pixel counts as transparent: 3 %, the residue of resampling beside an edge. */
export const VISIBLE_FROM = 8;

/** Width of the rim, as a share of the shorter side. */
const RIM_SHARE = 1 / 200;
/** Share of transparent pixels that a cut-out has at least. */
const MIN_CLEAR = 0.05;
/** Share of transparent pixels in the rim that marks a cut-out. */
const MIN_CLEAR_RIM = 0.25;
/** A cut-out may also be cropped to its bounds, such as a letter: then it fills less than this share of its box. */
const MAX_TIGHT_FILL = 0.8;
/** A box filled to more than this share is a rectangle: a photo on a larger canvas. */
const MAX_FILL = 0.99;

/** Classification of an image by its alpha. */
export interface AlphaFacts {
  /**
   * `cut-out`: an earlier cut-out. `padded`: an opaque rectangle on a larger transparent canvas. `full`: anything
   * else, such as an opaque photo or one with rounded corners. The last two have a background of their own.
   */
  kind: 'cut-out' | 'padded' | 'full';
  /** Bounding box of the visible pixels; 0 × 0 when there are none. */
  box: Rect;
}

/** Classifies an image by its alpha alone. */
export function alphaFacts(image: Raster): AlphaFacts {
  const { clear, clearRim, fill, box } = measureAlpha(image);
  if (clear === 1 || clear < MIN_CLEAR) return { kind: 'full', box };
  if (fill >= MAX_FILL) return { kind: 'padded', box };
  return { kind: clearRim >= MIN_CLEAR_RIM || fill < MAX_TIGHT_FILL ? 'cut-out' : 'full', box };
}

/** Shares from 0 to 1, and a box. */
interface AlphaStatistics {
  /** Transparent pixels, as a share of all. */
  clear: number;
  /** Transparent pixels of the rim, as a share of the rim. */
  clearRim: number;
  /** Visible pixels, as a share of their bounding box. */
  fill: number;
  box: Rect;
}

function measureAlpha({ data, width, height }: Raster): AlphaStatistics {
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
