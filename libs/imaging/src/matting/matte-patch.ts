import { wipe } from '#crypto/wipe.js';
import type { EdgeMaps } from './edge-maps.js';
import { between, BilinearRows } from './edge-rows.js';
import { MatteRows } from './matte-rows.js';
import { Median } from './median.js';
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

/**
 * Mattes of the same part of an image that vote on every pixel: the median of them counts. Several votes for the matte
 * below them let it stay unless they agree.
 */
export interface PatchVote {
  patches: readonly MattePatch[];
  /** Votes for the matte below. */
  votesBelow: number;
}

/** A run without pixels. */
export const NO_RUN: Run = { from: 0, to: 0 };

/** Rows of a patch: its pixels with its own matte, and their weights. */
class PatchRows {
  readonly rect: Rect;
  /** The patch's part of a row: first the source, then with the patch's matte. */
  readonly pixels: Uint8Array;
  private readonly matte: MatteRows;
  private readonly weights: BilinearRows;
  private row: Float32Array = new Float32Array(0);

  /** @param isOpaque true when the image is known to be opaque */
  constructor({ rect, mask, edges, weights }: MattePatch, isOpaque: boolean) {
    this.rect = rect;
    this.matte = new MatteRows({ mask, edges, to: rect, isOpaque });
    this.weights = new BilinearRows(weights, mask, rect);
    this.pixels = new Uint8Array(4 * rect.width);
  }

  hasRow(y: number): boolean {
    return y >= this.rect.top && y < this.rect.top + this.rect.height;
  }

  read(row: Uint8Array, y: number): void {
    const { left, width } = this.rect;
    if (this.hasRow(y)) this.pixels.set(row.subarray(4 * left, 4 * (left + width)));
  }

  apply(y: number): void {
    const { top, width } = this.rect;
    this.matte.apply(this.pixels, y - top);
    this.row = this.weights.at(y - top, 0, width);
  }

  /** Weight of column `x` of the image. */
  weightAt(x: number): number {
    const at = x - this.rect.left;
    if (at < 0 || at >= this.rect.width) return 0;
    const { cellOf, shareOf } = this.weights;
    return Math.max(0, between(this.row, cellOf[at] as number, shareOf[at] as number, 1));
  }

  wipe(): void {
    this.matte.wipe();
    this.weights.wipe();
    wipe(this.pixels);
  }
}

/**
 * Blends patches into rows that already have another matte: alpha, and colors multiplied by alpha, are interpolated by
 * the weights. Of several patches, the one with the median alpha counts in each pixel.
 */
export class VoteRows {
  private readonly patches: readonly PatchRows[];
  private readonly vote: Median;

  /** @param isOpaque true when the image is known to be opaque */
  constructor({ patches, votesBelow }: PatchVote, isOpaque: boolean) {
    this.patches = patches.map((patch) => new PatchRows(patch, isOpaque));
    this.vote = new Median(patches.length, votesBelow);
  }

  /** Copies what the patches need of row `y` of the image, before any matte is applied to it. */
  read(row: Uint8Array, y: number): void {
    for (const patch of this.patches) patch.read(row, y);
  }

  /**
   * Blends the patches into row `y`, which has the matte below them by now.
   * @returns run of pixels of the row outside of which nothing has changed
   */
  blend(row: Uint8Array, y: number): Run {
    const here = this.patches.filter((patch) => patch.hasRow(y));
    if (here.length === 0) return NO_RUN;
    for (const patch of here) patch.apply(y);
    const from = Math.min(...here.map(({ rect }) => rect.left));
    const to = Math.max(...here.map(({ rect }) => rect.left + rect.width));
    let [first, end] = [to, from];
    for (let x = from; x < to; x += 1) {
      if (!this.blendAt(row, x, y)) continue;
      first = Math.min(first, x);
      end = x + 1;
    }
    return first < end ? { from: first, to: end } : NO_RUN;
  }

  /** Overwrites its rows; masks and edge maps are wiped by their owner. */
  wipe(): void {
    for (const patch of this.patches) patch.wipe();
  }

  /** True when the pixel may have changed. */
  private blendAt(row: Uint8Array, x: number, y: number): boolean {
    const below = row[4 * x + 3] as number;
    const { vote } = this;
    vote.start(below);
    for (const patch of this.patches) {
      const weight = patch.hasRow(y) ? patch.weightAt(x) : 0;
      const alpha = weight === 0 ? below : (patch.pixels[4 * (x - patch.rect.left) + 3] as number);
      vote.add(below + weight * (alpha - below));
    }
    const chosen = vote.chosen();
    const patch = this.patches[chosen];
    if (patch === undefined) return false;
    const weight = patch.hasRow(y) ? patch.weightAt(x) : 0;
    if (weight === 0) return false;
    blendPixel(row, 4 * x, { pixels: patch.pixels, at: 4 * (x - patch.rect.left), weight });
    return true;
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
