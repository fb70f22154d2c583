import { wipe } from '#crypto/wipe.js';
import { PlanePool } from '../raster/box-filter.js';
import { forEachRow, type Tile, type TileWindow } from './grid-tiles.js';
import { clamp, type Rect, type Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** Floats a cell: R, G, B of the foreground, then of the background, 0 to 255. */
export const COLOR_CHANNELS = 6;

/** Radius of the second pass, in cells: small, so that colors follow the subject's texture. */
const RADIUS = 3;
/** Smallest share of foreground or background in a window that gives a color; below it the previous pass is kept. */
const MIN_SHARE = 1e-5;

/**
 * Estimates foreground and background colors where the two are mixed.
 *
 * Method: M. Forte, "Approximate Fast Foreground Colour Estimation" (blur fusion), IEEE ICIP 2021. Colors are
 * averaged, weighted with alpha for the foreground and with 1 − alpha for the background; the foreground is then
 * corrected so that both mixed by alpha give the image. This is done twice: over large windows (`coarse`; the coarser
 * grid is an addition of this implementation), and over small ones.
 * @param cells `COLOR_CHANNELS` floats for each cell of the grid; the cells of the tile are written
 */
export function estimateForeground(
  cells: Float32Array,
  window: TileWindow,
  coarse: CoarseBlurFusion,
  pool: PlanePool,
): void {
  const { pixels, alpha, tile } = window;
  const share = pool.mean(alpha, RADIUS);
  const [front, back] = [pool.borrow(), pool.borrow()];
  const planes = Array.from({ length: COLOR_CHANNELS }, () => pool.borrow());
  coarse.read(planes, tile.window);
  for (let channel = 0; channel < 3; channel += 1) {
    const [foreground, background] = [planes[channel], planes[channel + 3]] as [Float32Array, Float32Array];
    for (let i = 0, at = channel; i < front.length; i += 1, at += 4) {
      const own = alpha[i] as number;
      const backMean = background[i] as number;
      const corrected = matchPixel(pixels[at] as number, own, foreground[i] as number, backMean);
      foreground[i] = corrected;
      front[i] = own * corrected;
      back[i] = (1 - own) * backMean;
    }
    const frontMean = pool.mean(front, RADIUS);
    const backMean = pool.mean(back, RADIUS);
    forEachRow(tile, window.grid, (inWindow, inGrid, count) => {
      for (let i = inWindow, at = inGrid * COLOR_CHANNELS + channel; i < inWindow + count; i += 1) {
        const part = share[i] as number;
        if (1 - part > MIN_SHARE) background[i] = (backMean[i] as number) / (1 - part);
        if (part > MIN_SHARE) {
          const mean = (frontMean[i] as number) / part;
          const value = pixels[4 * i + channel] as number;
          foreground[i] = matchPixel(value, alpha[i] as number, mean, background[i] as number);
        }
        cells[at] = foreground[i] as number;
        cells[at + 3] = background[i] as number;
        at += COLOR_CHANNELS;
      }
    });
    pool.release(frontMean, backMean);
  }
  pool.release(share, front, back, ...planes);
}

/** Outside of mixed areas: copies the guide's colors to the foreground and the background. */
export function copyColors(cells: Float32Array, guide: Uint8Array, tile: Tile, grid: Size): void {
  forEachRow(tile, grid, (_, inGrid, count) => {
    for (
      let from = 3 * inGrid, at = inGrid * COLOR_CHANNELS;
      from < 3 * (inGrid + count);
      from += 3, at += 6
    ) {
      cells[at] = cells[at + 3] = guide[from] as number;
      cells[at + 1] = cells[at + 4] = guide[from + 1] as number;
      cells[at + 2] = cells[at + 5] = guide[from + 2] as number;
    }
  });
}

/**
 * Foreground corrected towards the image's `value`, given its alpha `own` and the background; limited to 0 to 255.
 */
export function matchPixel(value: number, own: number, foreground: number, background: number): number {
  const left = value - own * foreground - (1 - own) * background;
  return Math.min(Math.max(foreground + own * left, 0), 255);
}

/** Cells of the mask's grid for each side of a coarse cell. */
const COARSENESS = 4;
/** Radius of the windows, in coarse cells. */
const COARSE_RADIUS = 11;

/**
 * First pass of blur fusion (see `estimateForeground`): means of the colors, weighted with alpha for the foreground
 * and with 1 − alpha for the background, over windows of 92 cells. Such means change little from cell to cell: they
 * are computed for every fourth cell, from sums over 4 × 4 cells, and interpolated linearly.
 */
export class CoarseBlurFusion {
  private readonly width: number;
  private readonly height: number;
  private readonly cells: Float32Array;
  /** Coarse cells interpolated to the height of one row. */
  private readonly row: Float32Array;

  /** @param guide cells of the mask × 3 bytes, R G B */
  constructor(guide: Uint8Array, mask: Mask) {
    this.width = Math.ceil(mask.width / COARSENESS);
    this.height = Math.ceil(mask.height / COARSENESS);
    this.cells = new Float32Array(this.width * this.height * COLOR_CHANNELS);
    // One cell more, which is only read with weight 0.
    this.row = new Float32Array((this.width + 1) * COLOR_CHANNELS);
    const pool = new PlanePool({ width: this.width, height: this.height });
    try {
      this.fill(guide, mask, pool);
    } finally {
      pool.wipe();
    }
  }

  /** Writes the colors of the cells in `window` to `planes`, one plane for each channel. */
  read(planes: readonly Float32Array[], { left, top, width, height }: Rect): void {
    const row = this.row;
    const positions = Float64Array.from({ length: width }, (_, x) => positionOf(left + x, this.width));
    const cellOf = Int32Array.from(positions);
    const shareOf = positions.map((position) => position % 1);
    for (let y = 0, to = 0; y < height; y += 1, to += width) {
      this.blendRow(positionOf(top + y, this.height), left, left + width);
      for (let channel = 0; channel < COLOR_CHANNELS; channel += 1) {
        const plane = planes[channel] as Float32Array;
        for (let x = 0; x < width; x += 1) {
          const at = (cellOf[x] as number) * COLOR_CHANNELS + channel;
          const value = row[at] as number;
          plane[to + x] = value + (shareOf[x] as number) * ((row[at + COLOR_CHANNELS] as number) - value);
        }
      }
    }
  }

  /** Overwrites everything with zeros. */
  wipe(): void {
    wipe(this.cells, this.row);
  }

  private blendRow(position: number, from: number, to: number): void {
    const [cells, row, stride] = [this.cells, this.row, this.width * COLOR_CHANNELS];
    const upper = Math.floor(position);
    const share = position - upper;
    const above = upper * stride;
    const below = Math.min(upper + 1, this.height - 1) * stride;
    const end = Math.min(Math.floor(positionOf(to - 1, this.width)) + 2, this.width) * COLOR_CHANNELS;
    for (let i = Math.floor(positionOf(from, this.width)) * COLOR_CHANNELS; i < end; i += 1) {
      const value = cells[above + i] as number;
      row[i] = value + share * ((cells[below + i] as number) - value);
    }
  }

  private fill(guide: Uint8Array, mask: Mask, pool: PlanePool): void {
    const colors = Array.from({ length: COLOR_CHANNELS }, () => pool.borrow());
    const weights = [pool.borrow(), pool.borrow()];
    const sums = [...colors, ...weights];
    for (let y = 0, cell = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1, cell += 1) sumCell(sums, cell, { guide, mask, x, y });
    }
    const shares = weights.map((plane) => pool.mean(plane, COARSE_RADIUS));
    colors.forEach((plane, channel) => {
      const side = channel < 3 ? 0 : 1;
      const own = pool.mean(plane, COARSE_RADIUS);
      const other = pool.mean(colors[(channel + 3) % COLOR_CHANNELS] as Float32Array, COARSE_RADIUS);
      const [weight, rest] = [shares[side], shares[1 - side]] as [Float32Array, Float32Array];
      for (let i = 0, at = channel; i < own.length; i += 1, at += COLOR_CHANNELS) {
        const part = weight[i] as number;
        this.cells[at] =
          part > MIN_SHARE
            ? (own[i] as number) / part
            : ((own[i] as number) + (other[i] as number)) / (part + (rest[i] as number));
      }
      pool.release(own, other);
    });
  }
}

/** Position of the center of cell `i` among `count` coarse cells. */
const positionOf = (i: number, count: number): number => clamp((i + 0.5) / COARSENESS - 0.5, 0, count - 1);

/** A block of mask cells that forms one coarse cell. */
interface Block {
  guide: Uint8Array;
  mask: Mask;
  x: number;
  y: number;
}

/** Sums of the foreground's colors, the background's, and of their weights alpha and 1 − alpha. */
function sumCell(sums: readonly Float32Array[], cell: number, { guide, mask, x, y }: Block): void {
  let [r, g, b, share, count] = [0, 0, 0, 0, 0];
  let [allR, allG, allB] = [0, 0, 0];
  const right = Math.min((x + 1) * COARSENESS, mask.width);
  const bottom = Math.min((y + 1) * COARSENESS, mask.height);
  for (let row = y * COARSENESS; row < bottom; row += 1) {
    for (let i = row * mask.width + x * COARSENESS, end = row * mask.width + right; i < end; i += 1) {
      const own = mask.data[i] as number;
      const [red, green, blue] = [guide[3 * i], guide[3 * i + 1], guide[3 * i + 2]] as [
        number,
        number,
        number,
      ];
      r += own * red;
      g += own * green;
      b += own * blue;
      allR += red;
      allG += green;
      allB += blue;
      share += own;
      count += 1;
    }
  }
  const values = [r, g, b, 255 * allR - r, 255 * allG - g, 255 * allB - b, share, 255 * count - share];
  for (let i = 0; i < values.length; i += 1) (sums[i] as Float32Array)[cell] = (values[i] as number) / 255;
}
