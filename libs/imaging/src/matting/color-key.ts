import { wipe } from '#crypto/wipe.js';
import { FullInks } from './full-inks.js';
import type { Delta } from './key-space.js';
import { times } from './key-space.js';
import { DRAWN, EDGE_REACH, GROUND, SOFT, type KeyRules } from './key-states.js';
import { ForegroundBox, type RowMatte } from './matte.js';
import type { Rect, Run } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster.js';

/** Rows that an edge reads above and below. */
const WINDOW = 2 * EDGE_REACH + 1;
/** Alpha from which an edge counts as solid, and below which it is background. */
const SOLID_FROM = 0.98;
const MIN_ALPHA = 0.01;
/** Alpha from which an edge belongs to the drawing when it may not be soft. */
const HARD_FROM = 0.5;
/** Distance of a pixel from the line between the ground and an ink up to which it counts as their mix. */
const MIX_WITHIN = 10;
const MIX_SHARE = 0.15;

/** How much farther from the ground an ink is than a mix of it, as squares. */
const MIN_STRONGER = 1.2;
/** Share of the error that another ink than the strongest leaves at most. */
const MIN_GAIN = 0.5;

/** What a color key needs. */
export interface ColorKey extends KeyRules {
  /** Inks, as differences of R, G and B from the ground. */
  inks: readonly Delta[];
  /** Colors are exact: what no mix explains is a color of its own. */
  isNoiseless: boolean;
  /** Edges have alpha between 0 and 1, and the ink's color instead of a mix with the ground's; otherwise 0 or 1. */
  isAntialiased: boolean;
}

/**
 * Removes a ground of one color from a drawing, in place and in stripes. Alpha of an edge is the share of the ink in
 * its color: the position of the pixel between the ground and the strongest color within two pixels. Its color becomes
 * that ink. After A. R. Smith and J. F. Blinn, "Blue screen matting", SIGGRAPH 1996, with the ink known from beside.
 */
export class ColorKeyPass implements RowMatte {
  private readonly inks: FullInks;
  private readonly box = new ForegroundBox();
  private readonly filledRuns: Int32Array;
  /** Differences from the ground in the rows around the current one, R, G and B of each pixel, a ring of rows. */
  private readonly deltas: Float32Array[];
  private readonly ground: Float32Array;
  private nextDelta = 0;

  /**
   * @param region part of the image that the key covers; the rest becomes transparent
   * @param states of the pixels of the region, from `keyStates`; wiped by their owner
   */
  constructor(
    private readonly image: Raster,
    private readonly region: Rect,
    private readonly key: ColorKey,
    private readonly states: Uint8Array,
  ) {
    this.inks = new FullInks(
      key.inks.map((ink) => times(key.space.from, ink)),
      key.isNoiseless,
      key.space.to,
    );
    this.filledRuns = new Int32Array(2 * image.height);
    this.deltas = Array.from({ length: WINDOW }, () => new Float32Array(3 * region.width));
    this.ground = new Float32Array(3 * region.width);
  }

  /** Processes the image's rows `from` to `to` − 1. Stripes must be processed from the top. */
  rows(from: number, to: number): void {
    const { data, width } = this.image;
    const { left, top, width: inside, height } = this.region;
    for (let y = from; y < to; y += 1) {
      const row = data.subarray(4 * y * width, 4 * (y + 1) * width);
      if (y < top || y >= top + height) {
        row.fill(0);
        continue;
      }
      row.fill(0, 0, 4 * left);
      row.fill(0, 4 * (left + inside));
      this.row(row, y);
    }
  }

  get foreground(): Rect | undefined {
    return this.box.rect;
  }

  filled(y: number): Run {
    return { from: this.filledRuns[2 * y] as number, to: this.filledRuns[2 * y + 1] as number };
  }

  wipe(): void {
    wipe(this.ground, ...this.deltas);
    this.inks.wipe();
  }

  private row(row: Uint8Array, imageY: number): void {
    const { left, top, width } = this.region;
    const y = imageY - top;
    this.readDeltas(Math.min(y + EDGE_REACH, this.region.height - 1));
    this.key.ground.writeRow(this.ground, y);
    let [first, end] = [width, 0];
    for (let x = 0, at = 4 * left; x < width; x += 1, at += 4) {
      const state = this.states[y * width + x];
      if (state !== GROUND) {
        if (state === SOFT) this.writeShade(row, at, x);
        else if (this.isEdge(x, y)) this.writeEdge(row, at, x, y);
      }
      if (state === GROUND || row[at + 3] === 0) {
        row[at] = row[at + 1] = row[at + 2] = row[at + 3] = 0;
        continue;
      }
      if (end === 0) first = x;
      end = x + 1;
    }
    this.filledRuns.set([left + Math.min(first, end), left + end], 2 * imageY);
    this.box.include(row, imageY, left + Math.min(first, end), left + end);
  }

  /** Reads rows up to `last`, before any of them is changed. */
  private readDeltas(last: number): void {
    const { data, width: imageWidth } = this.image;
    const { left, top, width } = this.region;
    const m = this.key.space.from;
    for (; this.nextDelta <= last; this.nextDelta += 1) {
      const y = this.nextDelta;
      const deltas = this.deltas[y % WINDOW] as Float32Array;
      this.key.ground.writeRow(this.ground, y);
      for (let x = 0, at = 4 * ((top + y) * imageWidth + left), i = 0; x < width; x += 1, at += 4, i += 3) {
        const r = (data[at] as number) - (this.ground[i] as number);
        const g = (data[at + 1] as number) - (this.ground[i + 1] as number);
        const b = (data[at + 2] as number) - (this.ground[i + 2] as number);
        deltas[i] = (m[0] as number) * r + (m[1] as number) * g + (m[2] as number) * b;
        deltas[i + 1] = (m[3] as number) * r + (m[4] as number) * g + (m[5] as number) * b;
        deltas[i + 2] = (m[6] as number) * r + (m[7] as number) * g + (m[8] as number) * b;
      }
    }
  }

  /** True when background or a shadow is within reach. */
  private isEdge(x: number, y: number): boolean {
    const { width, height } = this.region;
    const [left, right] = [Math.max(0, x - EDGE_REACH), Math.min(width - 1, x + EDGE_REACH)];
    for (let row = Math.max(0, y - EDGE_REACH); row <= Math.min(height - 1, y + EDGE_REACH); row += 1) {
      for (let at = row * width + left; at <= row * width + right; at += 1) {
        if (this.states[at] !== DRAWN) return true;
      }
    }
    return false;
  }

  /** Most transparent black that gives the color of a shadow. */
  private writeShade(row: Uint8Array, at: number, x: number): void {
    let share = 0;
    for (let c = 0; c < 3; c += 1) {
      const ground = this.ground[3 * x + c] as number;
      if (ground > 0) share = Math.max(share, 1 - (row[at + c] as number) / ground);
    }
    row[at] = row[at + 1] = row[at + 2] = 0;
    row[at + 3] = Math.round(255 * Math.min(1, share));
  }

  private writeEdge(row: Uint8Array, at: number, x: number, y: number): void {
    const ink = this.inkAt(x, y);
    if (ink === undefined) return;
    const [, , , alpha] = ink;
    const [f0, f1, f2] = times(this.key.space.to, [ink[0], ink[1], ink[2]]);
    if (alpha >= (this.key.isAntialiased ? SOLID_FROM : HARD_FROM)) return;
    if (!this.key.isAntialiased) {
      row[at + 3] = 0;
      return;
    }
    row[at + 3] = alpha < MIN_ALPHA ? 0 : Math.round(255 * alpha);
    row[at] = byte((this.ground[3 * x] as number) + f0);
    row[at + 1] = byte((this.ground[3 * x + 1] as number) + f1);
    row[at + 2] = byte((this.ground[3 * x + 2] as number) + f2);
  }

  /** The ink of an edge, as its difference from the ground, and its share; undefined when no ink explains the color. */
  private inkAt(x: number, y: number): [number, number, number, number] | undefined {
    const own = this.deltas[y % WINDOW] as Float32Array;
    const [r, g, b] = [own[3 * x] as number, own[3 * x + 1] as number, own[3 * x + 2] as number];
    const square = r * r + g * g + b * b;
    let strongest: readonly [number, number, number] = [r, g, b];
    let maxSquare = square;
    this.around(x, y, (dr, dg, db) => {
      const there = dr * dr + dg * dg + db * db;
      if (there > maxSquare) [maxSquare, strongest] = [there, [dr, dg, db]];
    });
    const full = this.inks.fullOf(strongest);
    const limit = Math.max(MIX_WITHIN ** 2, MIX_SHARE ** 2 * square);
    const [share, error] = mixOf([r, g, b], full);
    let best: [number, number, number, number] = [full[0], full[1], full[2], share];
    if (error <= limit) return best;
    // Two inks meet here: the one that explains the color best.
    let bestError = MIN_GAIN * error;
    this.around(x, y, (dr, dg, db) => {
      if (dr * dr + dg * dg + db * db < MIN_STRONGER * square) return;
      const [part, rest] = mixOf([r, g, b], [dr, dg, db]);
      if (rest < bestError) [best, bestError] = [[dr, dg, db, part], rest];
    });
    return bestError > limit && this.key.isNoiseless ? undefined : best;
  }

  /** Calls `visit` with the difference from the ground of each drawn pixel within reach. */
  private around(x: number, y: number, visit: (r: number, g: number, b: number) => void): void {
    const { width, height } = this.region;
    for (let row = Math.max(0, y - EDGE_REACH); row <= Math.min(height - 1, y + EDGE_REACH); row += 1) {
      const deltas = this.deltas[row % WINDOW] as Float32Array;
      for (let at = Math.max(0, x - EDGE_REACH); at <= Math.min(width - 1, x + EDGE_REACH); at += 1) {
        if (this.states[row * width + at] !== DRAWN) continue;
        visit(deltas[3 * at] as number, deltas[3 * at + 1] as number, deltas[3 * at + 2] as number);
      }
    }
  }
}

const byte = (value: number): number => Math.round(Math.min(255, Math.max(0, value)));

/** Share of an ink in a color, both as differences from the ground, and the square of what it does not explain. */
function mixOf(
  [r, g, b]: readonly [number, number, number],
  [f0, f1, f2]: readonly [number, number, number],
): [share: number, error: number] {
  const square = f0 * f0 + f1 * f1 + f2 * f2;
  const share = (r * f0 + g * f1 + b * f2) / square;
  const error = (r - share * f0) ** 2 + (g - share * f1) ** 2 + (b - share * f2) ** 2;
  return [Math.min(1, Math.max(0, share)), error];
}
