import type { EdgeMaps } from './edge-maps.js';
import { MatteRows } from './matte-rows.js';
import { NO_RUN, VoteRows, type PatchVote } from './matte-patch.js';
import { fullRect, enclosingRun, rectOf, type Rect, type Run } from '../raster/pixel-rect.js';
import { type Mask, type Raster } from '../raster/raster.js';

/** Optional data for a mask. */
export interface MatteExtras {
  /** Edge maps, from `prepareEdges` of the same mask; without them the mask is only enlarged. */
  edges?: EdgeMaps | undefined;
  /** Part of the image that the mask covers, the whole image by default; the rest becomes transparent. */
  region?: Rect | undefined;
  /** True when the image is known to be opaque: then the inside of the subject needs no processing. */
  isOpaque?: boolean;
  /** Parts of the image with mattes of their own, in the order in which they are blended. */
  votes?: readonly PatchVote[];
}

/**
 * Enlarges `mask` to the size of `image` and multiplies it into the image's alpha, in place and in one pass, so that
 * no mask of full size is held in memory. Colors are not premultiplied, which would cause dark edges. They are
 * unchanged, or with `edges.colors` replaced by foreground colors where alpha is between 0 and 255. Invisible pixels
 * are cleared, which removes the background and halves the encoded size.
 * @returns box of the subject; undefined when nothing is visible
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

/** A matte that is applied to an image in place, in stripes. Rows are independent; each must be processed once. */
export interface RowMatte {
  /** Processes the image's rows `from` to `to` − 1. */
  rows: (from: number, to: number) => void;
  /** Box of the subject in the rows processed so far; undefined when nothing is visible. */
  readonly foreground: Rect | undefined;
  /** Run of pixels of a processed row outside of which all values are 0. */
  filled: (y: number) => Run;
  /** Overwrites its working memory. The image is wiped by its owner. */
  wipe: () => void;
}

/** `applyMatte` in stripes. */
export class MattePass implements RowMatte {
  private readonly image: Raster;
  private readonly region: Rect;
  private readonly base: MatteRows;
  private readonly votes: readonly VoteRows[];
  private readonly box = new ForegroundBox();
  /** For each row: its first pixel that may not be 0, and the end of these. */
  private readonly filledRuns: Int32Array;

  /** @throws RangeError when the region or a patch is not inside the image */
  constructor(image: Raster, mask: Mask, extras: MatteExtras = {}) {
    const { edges, region = fullRect(image), isOpaque = false, votes = [] } = extras;
    const parts = votes.flatMap(({ patches }) => patches.map(({ rect }) => rect));
    if (![region, ...parts].every((rect) => isInside(rect, image))) {
      throw new RangeError('the region exceeds the image');
    }
    this.image = image;
    this.region = region;
    this.base = new MatteRows({ mask, edges, to: region, isOpaque });
    this.votes = votes.map((vote) => new VoteRows(vote, isOpaque));
    this.filledRuns = new Int32Array(2 * image.height);
  }

  /** Processes the image's rows `from` to `to` − 1. */
  rows(from: number, to: number): void {
    const { data, width } = this.image;
    for (let y = from; y < to; y += 1) {
      const row = data.subarray(y * width * 4, (y + 1) * width * 4);
      for (const vote of this.votes) vote.read(row, y);
      let filled = this.baseRow(row, y);
      for (const vote of this.votes) filled = enclosingRun(filled, vote.blend(row, y));
      this.filledRuns.set([filled.from, filled.to], 2 * y);
      this.box.include(row, y, filled.from, filled.to);
    }
  }

  /** Box of the subject in the rows processed so far; undefined when nothing is visible. */
  get foreground(): Rect | undefined {
    return this.box.rect;
  }

  /** Run of pixels of a processed row outside of which all values are 0. */
  filled(y: number): Run {
    return { from: this.filledRuns[2 * y] as number, to: this.filledRuns[2 * y + 1] as number };
  }

  /** Overwrites its rows; image, masks and edge maps are wiped by their owners. */
  wipe(): void {
    this.base.wipe();
    for (const vote of this.votes) vote.wipe();
  }

  private baseRow(row: Uint8Array, y: number): Run {
    const { left, top, width, height } = this.region;
    if (y < top || y >= top + height) {
      row.fill(0);
      return NO_RUN;
    }
    row.fill(0, 0, left * 4);
    row.fill(0, (left + width) * 4);
    const { from, to } = this.base.apply(row.subarray(left * 4, (left + width) * 4), y - top);
    return { from: left + from, to: left + to };
  }
}

const isInside = ({ left, top, width, height }: Rect, image: Raster): boolean =>
  left >= 0 &&
  top >= 0 &&
  width > 0 &&
  height > 0 &&
  left + width <= image.width &&
  top + height <= image.height;

/** Smallest alpha that counts as visible, 5 %: models leave residue below that, which would enlarge every box. */
export const MIN_VISIBLE_ALPHA = 13;

/** The bounding box of everything visible in the rows that were included, in any order. */
export class ForegroundBox {
  private left = Infinity;
  private top = Infinity;
  private right = 0;
  private bottom = 0;

  /** Includes the pixels `from` to `to` − 1 of row `y`, R G B A; all others are invisible. */
  include(row: Uint8Array, y: number, from: number, to: number): void {
    const isVisible = (x: number): boolean => (row[4 * x + 3] as number) >= MIN_VISIBLE_ALPHA;
    let [first, end] = [from, to];
    while (first < end && !isVisible(first)) first += 1;
    if (first >= end) return;
    while (!isVisible(end - 1)) end -= 1;
    this.left = Math.min(this.left, first);
    this.right = Math.max(this.right, end);
    this.top = Math.min(this.top, y);
    this.bottom = Math.max(this.bottom, y + 1);
  }

  /** Undefined when nothing is visible. */
  get rect(): Rect | undefined {
    return this.bottom === 0 ? undefined : rectOf(this.left, this.top, this.right, this.bottom);
  }
}
