import { ColorRows } from './color-rows.js';
import type { EdgeMaps } from './edge-maps.js';
import { MaskRows, MIXED, OUTSIDE } from './mask-rows.js';
import type { Rect, Run } from '../raster/pixel-rect.js';
import { ForegroundBox } from '../raster/raster-facts.js';
import type { Mask, Raster } from '../raster/raster-shape.js';
import { RefinedRows } from './refined-rows.js';

export type { Mask, Raster } from '../raster/raster-shape.js';

/** What a mask may come with. */
export interface MatteExtras {
  /** Clean edges, from `prepareEdges` of the same mask; without them the mask is enlarged and that is all. */
  edges?: EdgeMaps | undefined;
  /** Part of the image that the mask is of, the whole image by default; all else becomes transparent. */
  region?: Rect | undefined;
  /** True when the image is known to have no transparency of its own: then its inside need not be looked at. */
  isOpaque?: boolean;
}

/**
 * Enlarges `mask` to the size of `image` and multiplies it into the image's alpha, in place and in one pass, so
 * that no mask of full size is ever held. Colour is never multiplied by alpha (that is what makes dark rims). It
 * is left as it was, or with `edges.colours` cleaned of the background where alpha is neither 0 nor full. Where
 * nothing is visible it is cleared, which hides what was removed and halves the encoded size.
 * @returns where the subject is; undefined when nothing is visible
 */
export function applyMatte(image: Raster, mask: Mask, extras: MatteExtras = {}): Rect | undefined {
  const pass = new MattePass(image, mask, extras);
  try {
    pass.rows(0, image.height);
    return pass.foreground;
  } finally {
    pass.wipe();
  }
}

/** `applyMatte` in stripes: rows do not depend on each other, and each is to be done once. */
export class MattePass {
  readonly #image: Raster;
  readonly #region: Rect;
  readonly #mask: MaskRows;
  readonly #refined: RefinedRows | undefined;
  readonly #colours: ColorRows | undefined;
  readonly #isOpaque: boolean;
  readonly #box = new ForegroundBox();
  /** Two numbers a row: its first pixel that may not be 0, and the end of these. */
  readonly #filled: Int32Array;

  /** @throws RangeError when the region is not inside the image */
  constructor(image: Raster, mask: Mask, extras: MatteExtras = {}) {
    const { edges, region = wholeOf(image), isOpaque = false } = extras;
    if (!isInside(region, image)) throw new RangeError('a region reaches out of its image');
    this.#image = image;
    this.#region = region;
    this.#mask = new MaskRows(mask, region);
    this.#refined = edges?.refinement && new RefinedRows(edges.refinement, edges.size, region);
    this.#isOpaque = isOpaque;
    this.#filled = new Int32Array(2 * image.height);
    this.#colours = edges?.colors && new ColorRows(edges.colors, edges.size, region);
  }

  /** Does the image's rows `from` to `to` − 1. */
  rows(from: number, to: number): void {
    const { data, width } = this.#image;
    const { left, top, width: inside, height } = this.#region;
    for (let y = from; y < to; y += 1) {
      const row = data.subarray(y * width * 4, (y + 1) * width * 4);
      if (y < top || y >= top + height) {
        row.fill(0);
        continue;
      }
      row.fill(0, 0, left * 4);
      row.fill(0, (left + inside) * 4);
      this.#row(row, y);
    }
  }

  /** Where the subject is in the rows done so far; undefined when nothing is visible. */
  get foreground(): Rect | undefined {
    return this.#box.rect;
  }

  /** Pixels of a row that was done, beside which everything is 0. */
  filled(y: number): Run {
    return { from: this.#filled[2 * y] as number, to: this.#filled[2 * y + 1] as number };
  }

  /** Overwrites the rows it has worked on; image, mask and edges are their owners'. */
  wipe(): void {
    this.#mask.wipe();
    this.#refined?.wipe();
    this.#colours?.wipe();
  }

  /** A row of the image, of which the region's part is worked on. */
  #row(row: Uint8Array, y: number): void {
    const { left, top, width } = this.#region;
    const pixels = row.subarray(left * 4, (left + width) * 4);
    let [first, end] = [width, width];
    this.#mask.runs(y - top, this.#refined?.reach(y - top), (kind, from, to) => {
      if (kind === OUTSIDE) {
        pixels.fill(0, 4 * from, 4 * to);
        return;
      }
      if (kind === MIXED) this.#merge(pixels, y - top, { from, to });
      else if (!this.#isOpaque) clearHidden(pixels, from, to);
      first = Math.min(first, from);
      end = to;
    });
    this.#filled.set([left + first, left + end], 2 * y);
    this.#box.look(row, y, left + first, left + end);
  }

  /** Pixels of a row that are to be looked at. Opacity comes first: it looks at the colours that change then. */
  #merge(pixels: Uint8Array, y: number, run: Run): void {
    const { matte } = this.#mask;
    this.#refined?.refine(matte, pixels, y, run);
    this.#colours?.recolour(matte, pixels, y, run);
    mergeRun(pixels, matte, run);
  }
}

const wholeOf = ({ width, height }: Raster): Rect => ({ left: 0, top: 0, width, height });

const isInside = ({ left, top, width, height }: Rect, image: Raster): boolean =>
  left >= 0 &&
  top >= 0 &&
  width > 0 &&
  height > 0 &&
  left + width <= image.width &&
  top + height <= image.height;

/** Alpha of each pixel becomes `alpha * matte / 255`, rounded; colour goes where alpha becomes 0. */
function mergeRun(pixels: Uint8Array, matte: Uint8Array, { from, to }: Run): void {
  for (let x = from, at = 4 * from; x < to; x += 1, at += 4) {
    const own = pixels[at + 3] as number;
    const alpha = Math.floor(((matte[x] as number) * own + 127) / 255);
    if (alpha === own && alpha !== 0) continue;
    pixels[at + 3] = alpha;
    if (alpha === 0) pixels[at] = pixels[at + 1] = pixels[at + 2] = 0;
  }
}

/** Clears the colour of pixels that were transparent before. */
function clearHidden(pixels: Uint8Array, from: number, to: number): void {
  for (let at = 4 * from; at < 4 * to; at += 4) {
    if (pixels[at + 3] === 0) pixels[at] = pixels[at + 1] = pixels[at + 2] = 0;
  }
}
