import { wipe } from '#crypto/wipe.js';
import { GridScratch } from './grid-scratch.js';
import { clamped, type Rect } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster-shape.js';

/** Cells a side of the mask's grid that one coarse cell stands for. */
const COARSENESS = 4;
/** Radius of the windows, in coarse cells. */
const RADIUS = 11;
/** A window with less of a side than this has no colour of it to tell: it gets that of both. */
const MIN_SHARE = 1e-5;
/** R, G, B of the foreground, then of the background. */
const CHANNELS = 6;

/**
 * First pass of blur fusion (see `estimateColors`): means of the colours, weighted with alpha for the foreground
 * and with 1 − alpha for the background, over windows of 92 cells. Means over so many cells hardly change from one
 * to the next: they are taken every four cells, of sums over 4 × 4 cells, with straight lines between.
 */
export class CoarseBlurFusion {
  readonly #width: number;
  readonly #height: number;
  readonly #cells: Float32Array;
  /** The coarse cells blended to the height of one row. */
  readonly #row: Float32Array;

  /** @param guide cells of the mask × 3 bytes, R G B */
  constructor(guide: Uint8Array, mask: Mask) {
    this.#width = Math.ceil(mask.width / COARSENESS);
    this.#height = Math.ceil(mask.height / COARSENESS);
    this.#cells = new Float32Array(this.#width * this.#height * CHANNELS);
    // One cell more, which is only ever read with weight 0.
    this.#row = new Float32Array((this.#width + 1) * CHANNELS);
    const scratch = new GridScratch({ width: this.#width, height: this.#height });
    try {
      this.#fill(guide, mask, scratch);
    } finally {
      scratch.wipe();
    }
  }

  /** Writes the colours of the cells in `window` to `planes`, one for each channel. */
  read(planes: readonly Float32Array[], { left, top, width, height }: Rect): void {
    const row = this.#row;
    const places = Float64Array.from({ length: width }, (_, x) => placeOf(left + x, this.#width));
    const cellOf = Int32Array.from(places);
    const shareOf = places.map((place) => place % 1);
    for (let y = 0, to = 0; y < height; y += 1, to += width) {
      this.#blendRow(placeOf(top + y, this.#height), left, left + width);
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const plane = planes[channel] as Float32Array;
        for (let x = 0; x < width; x += 1) {
          const at = (cellOf[x] as number) * CHANNELS + channel;
          const value = row[at] as number;
          plane[to + x] = value + (shareOf[x] as number) * ((row[at + CHANNELS] as number) - value);
        }
      }
    }
  }

  /** Overwrites everything with zeros. */
  wipe(): void {
    wipe(this.#cells, this.#row);
  }

  #blendRow(place: number, from: number, to: number): void {
    const [cells, row, stride] = [this.#cells, this.#row, this.#width * CHANNELS];
    const upper = Math.floor(place);
    const share = place - upper;
    const above = upper * stride;
    const below = Math.min(upper + 1, this.#height - 1) * stride;
    const end = Math.min(Math.floor(placeOf(to - 1, this.#width)) + 2, this.#width) * CHANNELS;
    for (let i = Math.floor(placeOf(from, this.#width)) * CHANNELS; i < end; i += 1) {
      const value = cells[above + i] as number;
      row[i] = value + share * ((cells[below + i] as number) - value);
    }
  }

  #fill(guide: Uint8Array, mask: Mask, scratch: GridScratch): void {
    const colors = Array.from({ length: CHANNELS }, () => scratch.lend());
    const weights = [scratch.lend(), scratch.lend()];
    const sums = [...colors, ...weights];
    for (let y = 0, cell = 0; y < this.#height; y += 1) {
      for (let x = 0; x < this.#width; x += 1, cell += 1) sumCell(sums, cell, { guide, mask, x, y });
    }
    const shares = weights.map((plane) => scratch.mean(plane, RADIUS));
    colors.forEach((plane, channel) => {
      const side = channel < 3 ? 0 : 1;
      const own = scratch.mean(plane, RADIUS);
      const other = scratch.mean(colors[(channel + 3) % CHANNELS] as Float32Array, RADIUS);
      const [weight, rest] = [shares[side], shares[1 - side]] as [Float32Array, Float32Array];
      for (let i = 0, at = channel; i < own.length; i += 1, at += CHANNELS) {
        const part = weight[i] as number;
        this.#cells[at] =
          part > MIN_SHARE
            ? (own[i] as number) / part
            : ((own[i] as number) + (other[i] as number)) / (part + (rest[i] as number));
      }
      scratch.takeBack(own, other);
    });
  }
}

/** Where the centre of cell `i` lies among `count` coarse cells. */
const placeOf = (i: number, count: number): number => clamped((i + 0.5) / COARSENESS - 0.5, 0, count - 1);

/** What a coarse cell stands for. */
interface Block {
  guide: Uint8Array;
  mask: Mask;
  x: number;
  y: number;
}

/** Sums of the foreground's colours, the background's, and of alpha and 1 − alpha, which weight them. */
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
