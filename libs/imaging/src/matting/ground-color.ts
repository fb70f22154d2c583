import type { Rgb } from './contrast-color.js';
import type { Rect } from '../raster/pixel-rect.js';
import type { Raster, RgbRaster } from '../raster/raster.js';

/** Width of the rim, as a share of the shorter side. */
const RIM_SHARE = 0.01;
/** Pixels of the rim that are read, at most about this many. */
const MAX_RIM_SAMPLES = 20_000;
/** Distance from the ground up to which a pixel counts as ground: the largest difference of its channels. */
export const GROUND_WITHIN = 6;

/** The color of a picture's rim. */
export interface RimFacts {
  /** Median of each channel. */
  ground: Rgb;
  /** Share of the rim within `GROUND_WITHIN` of the ground. */
  share: number;
  /** Share of the rim that has exactly the color of the ground. */
  exact: number;
}

/** Reads the rim of a region of an image at evenly spread places. @param channels values a pixel, 3 or 4 */
export function rimFacts({ data, width }: Raster | RgbRaster, region: Rect, channels: 3 | 4 = 4): RimFacts {
  const at = rimPlaces(region, width).map((place) => channels * place);
  const ground = [0, 1, 2].map((channel) => medianOf(data, at, channel)) as unknown as Rgb;
  let [near, exact] = [0, 0];
  for (const i of at) {
    const distance = channelDistance(data, i, ground);
    if (distance <= GROUND_WITHIN) near += 1;
    if (distance === 0) exact += 1;
  }
  return { ground, share: near / at.length, exact: exact / at.length };
}

/** Largest difference of the channels of the pixel at an offset from a color. */
export const channelDistance = (data: Uint8Array, at: number, color: ArrayLike<number>): number =>
  Math.max(
    Math.abs((data[at] as number) - (color[0] as number)),
    Math.abs((data[at + 1] as number) - (color[1] as number)),
    Math.abs((data[at + 2] as number) - (color[2] as number)),
  );

/** Numbers of pixels in the rim of a region. */
function rimPlaces({ left, top, width, height }: Rect, imageWidth: number): number[] {
  const shorter = Math.min(width, height);
  const depth = Math.min(Math.max(2, Math.round(RIM_SHARE * shorter)), Math.ceil(shorter / 2));
  const all = 2 * depth * (width + Math.max(0, height - 2 * depth));
  const step = Math.max(1, Math.round(all / MAX_RIM_SAMPLES));
  const places: number[] = [];
  const add = (x: number, y: number): void => void places.push((top + y) * imageWidth + left + x);
  for (let inset = 0; inset < depth; inset += 1) {
    // Each line starts at another place, so that stripes are not missed.
    const first = (7 * inset) % step;
    for (let x = first; x < width; x += step) {
      add(x, inset);
      add(x, height - 1 - inset);
    }
    for (let y = depth + first; y < height - depth; y += step) {
      add(inset, y);
      add(width - 1 - inset, y);
    }
  }
  return places;
}

function medianOf(data: Uint8Array, at: readonly number[], channel: number): number {
  const counts = new Uint32Array(256);
  for (const i of at) {
    const value = data[i + channel] as number;
    counts[value] = (counts[value] as number) + 1;
  }
  let seen = 0;
  for (let value = 0; value < 255; value += 1) {
    seen += counts[value] as number;
    if (2 * seen >= at.length) return value;
  }
  return 255;
}

/** The color of the ground at each place of a region. */
export interface GroundColor {
  /** Writes R, G and B of the pixels of a row of the region. */
  writeRow: (out: Float32Array, y: number) => void;
}

/** A ground of one color. */
export function evenGround(color: Rgb): GroundColor {
  let row = new Float32Array(0);
  return {
    writeRow: (out) => {
      if (row.length !== out.length) row = Float32Array.from(out, (_, i) => color[i % 3] as number);
      out.set(row);
    },
  };
}
