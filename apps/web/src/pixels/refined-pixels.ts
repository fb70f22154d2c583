import type { Stroke } from './edit.js';
import type { Rect } from './frame-geometry.js';
import { coverage } from './stroke-field.js';

/** Values of a cell: distance; slopes of R, G, B and offset of alpha; colors of the subject and of the background. */
const CHANNELS = 11;
const DISTANCE = 0;
const SLOPES = 1;
const OFFSET = 4;
const SUBJECT = 5;
const BACKGROUND = 8;
/** Alpha between these limits is stretched to 0 to 1: linear models leave residue near both. As in the service. */
const LEVEL_FROM = 0.1;
const LEVEL_TO = 0.9;

/** What each cell of a window says about the pixels in it. */
export interface RefinedWindow {
  /** Position and size, in cells. */
  rect: Rect;
  /** `CHANNELS` values for each cell. Colors and alpha from 0 to 1. */
  cells: Float32Array;
}

/** The pixels of a tile at one scale. */
export interface TilePixels {
  /** Position and size in pixels at this scale. */
  rect: Rect;
  /** Pixels at this scale per cell. */
  pixelsPerCell: number;
  /** The photo, RGBA. */
  photo: Uint8ClampedArray;
  /** The cutout before the stroke, RGBA; becomes the cutout after it. */
  cutout: Uint8ClampedArray;
}

/** Where the pixels of a line are between cells: the cell before each, and the share of the next. */
interface Places {
  cells: Int32Array;
  shares: Float32Array;
}

interface Line {
  /** Position of the first pixel, and number of pixels. */
  first: number;
  length: number;
  /** Position of the first cell, and number of cells. */
  from: number;
  count: number;
}

function placesOf({ first, length, from, count }: Line, pixelsPerCell: number): Places {
  const cells = new Int32Array(length);
  const shares = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const at = Math.min(count - 1, Math.max(0, (first + i + 0.5) / pixelsPerCell - 0.5 - from));
    const cell = Math.max(0, Math.min(Math.floor(at), count - 2));
    cells[i] = cell;
    shares[i] = at - cell;
  }
  return { cells, shares };
}

/** Applies a refined stroke to the pixels of a tile. Values are interpolated between four cells. */
export function refinePixels(
  { rect: grid, cells }: RefinedWindow,
  tile: TilePixels,
  mode: Stroke['mode'],
): void {
  const { rect, pixelsPerCell, photo, cutout } = tile;
  const width = { first: rect.left, length: rect.width, from: grid.left, count: grid.width };
  const height = { first: rect.top, length: rect.height, from: grid.top, count: grid.height };
  const [columns, rows] = [placesOf(width, pixelsPerCell), placesOf(height, pixelsPerCell)];
  const right = grid.width > 1 ? CHANNELS : 0;
  const below = grid.height > 1 ? CHANNELS * grid.width : 0;
  const at = new Float32Array(CHANNELS);
  for (let y = 0, i = 0; y < rect.height; y++) {
    const row = (rows.cells[y] as number) * grid.width;
    const lower = rows.shares[y] as number;
    for (let x = 0; x < rect.width; x++, i += 4) {
      const cell = (row + (columns.cells[x] as number)) * CHANNELS;
      const share = columns.shares[x] as number;
      const [w1, w2, w3] = [share * (1 - lower), (1 - share) * lower, share * lower];
      const w0 = 1 - w1 - w2 - w3;
      for (let k = 0; k < CHANNELS; k++) {
        at[k] =
          w0 * (cells[cell + k] as number) +
          w1 * (cells[cell + right + k] as number) +
          w2 * (cells[cell + below + k] as number) +
          w3 * (cells[cell + below + right + k] as number);
        // Outside of the stroke nothing changes.
        if (k === DISTANCE && (at[k] as number) >= 1) break;
      }
      if ((at[DISTANCE] as number) < 1) refinePixel(at, { photo, cutout, i }, mode);
    }
  }
}

/** One pixel, by its offset. */
type Pixel = Pick<TilePixels, 'photo' | 'cutout'> & { i: number };

function refinePixel(at: Float32Array, { photo, cutout, i }: Pixel, mode: Stroke['mode']): void {
  const color = (channel: number): number => (photo[i + channel] as number) / 255;
  let linear = at[OFFSET] as number;
  for (let channel = 0; channel < 3; channel++) linear += (at[SLOPES + channel] as number) * color(channel);
  const before = (cutout[i + 3] as number) / 255;
  const wanted = before + (leveled(linear) - before) * coverage(at[DISTANCE] as number);
  // `keep` never removes and `erase` never restores.
  const alpha = mode === 'keep' ? Math.max(before, wanted) : Math.min(before, wanted);
  if (Math.abs(alpha - before) < 1 / 512) return;
  for (let channel = 0; channel < 3; channel++) {
    const own = color(channel);
    const [subject, background] = [at[SUBJECT + channel] as number, at[BACKGROUND + channel] as number];
    // The subject's color, corrected so that over the background it gives the photo.
    const corrected = subject + alpha * (own - alpha * subject - (1 - alpha) * background);
    cutout[i + channel] = 255 * (alpha >= 1 ? own : corrected);
  }
  cutout[i + 3] = 255 * alpha;
}

/** Stretches alpha. */
export const leveled = (alpha: number): number =>
  Math.min(1, Math.max(0, (alpha - LEVEL_FROM) / (LEVEL_TO - LEVEL_FROM)));
