import { wipe } from '#crypto/wipe.js';
import { ForegroundBox, type RowMatte } from '../matting/matte.js';
import { UNKNOWN } from './closed-form.js';
import type { Rect, Run } from '../raster/pixel-rect.js';
import type { Mask, Raster } from '../raster/raster.js';

/** Which pixels of a mask keep its opacity exactly: all, or the known ones of a trimap. */
export type FixedPixels = 'all' | 'known';

/** Options of `FixedAlphaPass`. */
export interface FixedAlpha {
  /** Opacity in the size of the image. The owner wipes it. */
  levels: Mask;
  fixed: FixedPixels;
  /** Part of the image that the matte covers; the rest is transparent. The whole image when undefined. */
  region: Rect | undefined;
}

/**
 * A pass whose opacity is that of a mask in fixed pixels, whatever its grid says. Opaque pixels keep their color, others
 * have the color that the pass gives them.
 */
export class FixedAlphaPass implements RowMatte {
  private readonly box = new ForegroundBox();
  private readonly runs: Int32Array;
  private readonly original: Uint8Array;

  /** @throws RangeError when image and mask differ in size */
  constructor(
    private readonly pass: RowMatte,
    private readonly image: Raster,
    private readonly how: FixedAlpha,
  ) {
    const { width, height } = how.levels;
    if (image.width !== width || image.height !== height)
      throw new RangeError('image and mask differ in size');
    this.runs = new Int32Array(2 * height);
    this.original = new Uint8Array(4 * width);
  }

  rows(from: number, to: number): void {
    const { data, width } = this.image;
    for (let y = from; y < to; y += 1) {
      const row = data.subarray(4 * width * y, 4 * width * (y + 1));
      this.original.set(row);
      this.pass.rows(y, y + 1);
      this.fix(row, y);
      this.include(row, y);
    }
  }

  get foreground(): Rect | undefined {
    return this.box.rect;
  }

  filled(y: number): Run {
    return { from: this.runs[2 * y] as number, to: this.runs[2 * y + 1] as number };
  }

  wipe(): void {
    this.pass.wipe();
    wipe(this.original);
  }

  private fix(row: Uint8Array, y: number): void {
    const { levels, fixed, region } = this.how;
    const { left, top, width, height } = region ?? { left: 0, top: 0, ...levels };
    if (y < top || y >= top + height) return;
    for (let x = left, level = y * levels.width + left; x < left + width; x += 1, level += 1) {
      const value = levels.data[level] as number;
      if (fixed === 'known' && value === UNKNOWN) continue;
      this.fixPixel(row, 4 * x, value);
    }
  }

  private fixPixel(row: Uint8Array, at: number, level: number): void {
    const { original } = this;
    const alpha = Math.floor((level * (original[at + 3] as number) + 127) / 255);
    const isCleared = row[at + 3] === 0;
    if (alpha === 0) row.fill(0, at, at + 4);
    else if (level === 255 || isCleared) row.set(original.subarray(at, at + 3), at);
    row[at + 3] = alpha;
  }

  /** Notes where the row is not empty. */
  private include(row: Uint8Array, y: number): void {
    let [first, end] = [0, this.image.width];
    while (first < end && row[4 * first + 3] === 0) first += 1;
    while (end > first && row[4 * end - 1] === 0) end -= 1;
    this.runs.set([first, end], 2 * y);
    this.box.include(row, y, first, end);
  }
}
