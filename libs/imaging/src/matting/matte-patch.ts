import { wipe } from '#crypto/wipe.js';
import type { EdgeMaps } from './edge-maps.js';
import { between, BilinearRows } from './edge-rows.js';
import { MatteRows } from './matte-rows.js';
import type { Rect, Run } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** The matte of a part of an image, and how much it counts against the matte below it. */
export interface MattePatch {
  /** In pixels of the image. */
  rect: Rect;
  /** Spread over `rect`. */
  mask: Mask;
  /** Edge maps of the mask; without them it is only enlarged. */
  edges: EdgeMaps | undefined;
  /** Weight of each cell of the mask's grid, 0 to 1. */
  weights: Float32Array;
}

/** A run without pixels. */
export const NO_RUN: Run = { from: 0, to: 0 };

/**
 * Blends the matte of a patch into rows that already have another matte: alpha, and colors multiplied by alpha, are
 * interpolated by the weights.
 */
export class PatchRows {
  private readonly rect: Rect;
  private readonly matte: MatteRows;
  private readonly weights: BilinearRows;
  /** The patch's part of a row: first the source, then with the patch's matte. */
  private readonly pixels: Uint8Array;

  /** @param isOpaque true when the image is known to be opaque */
  constructor({ rect, mask, edges, weights }: MattePatch, isOpaque: boolean) {
    this.rect = rect;
    this.matte = new MatteRows({ mask, edges, to: rect, isOpaque });
    this.weights = new BilinearRows(weights, mask, rect);
    this.pixels = new Uint8Array(4 * rect.width);
  }

  /** Copies what the patch needs of row `y` of the image, before any matte is applied to it. */
  read(row: Uint8Array, y: number): void {
    if (this.hasRow(y))
      this.pixels.set(row.subarray(4 * this.rect.left, 4 * (this.rect.left + this.rect.width)));
  }

  /**
   * Blends the patch into row `y`, which has the matte below it by now.
   * @returns run of pixels of the row outside of which the patch has changed nothing
   */
  blend(row: Uint8Array, y: number): Run {
    if (!this.hasRow(y)) return NO_RUN;
    const { left, top, width } = this.rect;
    this.matte.apply(this.pixels, y - top);
    const weights = this.weights.at(y - top, 0, width);
    const { cellOf, shareOf } = this.weights;
    let [first, end] = [width, 0];
    for (let x = 0; x < width; x += 1) {
      const weight = between(weights, cellOf[x] as number, shareOf[x] as number, 1);
      if (weight <= 0) continue;
      blendPixel(row, 4 * (left + x), { pixels: this.pixels, at: 4 * x, weight });
      first = Math.min(first, x);
      end = x + 1;
    }
    return { from: left + first, to: left + end };
  }

  /** Overwrites its rows; the mask and its edge maps are wiped by their owner. */
  wipe(): void {
    this.matte.wipe();
    this.weights.wipe();
    wipe(this.pixels);
  }

  private hasRow(y: number): boolean {
    return y >= this.rect.top && y < this.rect.top + this.rect.height;
  }
}

/** A pixel of a patch with its matte, and its weight. */
interface PatchPixel {
  pixels: Uint8Array;
  at: number;
  weight: number;
}

function blendPixel(row: Uint8Array, to: number, { pixels, at, weight }: PatchPixel): void {
  const above = weight * (pixels[at + 3] as number);
  const below = (1 - weight) * (row[to + 3] as number);
  const alpha = Math.round(above + below);
  row[to + 3] = alpha;
  if (alpha === 0) {
    row[to] = row[to + 1] = row[to + 2] = 0;
    return;
  }
  const share = above / (above + below);
  for (let c = 0; c < 3; c += 1) {
    const value = row[to + c] as number;
    row[to + c] = Math.round(value + share * ((pixels[at + c] as number) - value));
  }
}
