import { wipe } from '#crypto/wipe.js';
import { VISIBLE_FROM } from './own-alpha.js';

/** R, G, B, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

export const WHITE: Rgb = [255, 255, 255];

/**
 * Neutral colors in order of preference: models were trained on photos, which have plain walls rather than green
 * screens.
 */
const NEUTRALS: readonly Rgb[] = [255, 0, 128, 192, 64].map((value) => [value, value, value] as const);
const STEPS = [0, 128, 255];
const COLORS: readonly Rgb[] = STEPS.flatMap((r) =>
  STEPS.flatMap((g) => STEPS.map((b) => [r, g, b] as const)),
);

/** Distance from which white is chosen at once. */
const WHITE_FROM = 120;
/** Distance from which a gray is chosen. */
const NEUTRAL_FROM = 80;
/** Factor by which a color's distance must exceed that of the best gray. */
const COLOR_GAIN = 1.3;

/** Share of the visible pixels that may be nearer to the background than the distance of a color. */
const NEAR_SHARE = 0.02;
/** Bits a channel of the histogram. */
const LEVEL_BITS = 4;
const BIN_WIDTH = 1 << (8 - LEVEL_BITS);
const BINS = 1 << (3 * LEVEL_BITS);
/** Larger than the longest distance in the RGB cube, √3 × 255. */
const DISTANCES = 443;

/**
 * Background color with the best contrast to an image: white or a gray if it is distant enough, otherwise the color
 * that is farthest from all but 2 % of the visible pixels, weighted by alpha.
 * @param pixels R, G, B, A, one byte each
 */
export function contrastColor(pixels: Uint8Array): Rgb {
  const histogram = histogramOf(pixels);
  try {
    const distanceOf = (color: Rgb): number => distanceFrom(histogram, color);
    if (distanceOf(WHITE) >= WHITE_FROM) return WHITE;
    const neutral = farthest(NEUTRALS, distanceOf);
    if (neutral.distance >= NEUTRAL_FROM) return neutral.color;
    const colored = farthest(COLORS, distanceOf);
    return colored.distance > COLOR_GAIN * neutral.distance ? colored.color : neutral.color;
  } finally {
    wipe(histogram);
  }
}

/** Histogram: sum of alpha for each color. */
function histogramOf(pixels: Uint8Array): Float64Array {
  const histogram = new Float64Array(BINS);
  const shift = 8 - LEVEL_BITS;
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = pixels[at + 3] as number;
    if (alpha < VISIBLE_FROM) continue;
    const red = (pixels[at] as number) >> shift;
    const green = (pixels[at + 1] as number) >> shift;
    const bin = (((red << LEVEL_BITS) | green) << LEVEL_BITS) | ((pixels[at + 2] as number) >> shift);
    histogram[bin] = (histogram[bin] as number) + alpha;
  }
  return histogram;
}

/** Distance from `color` that all but `NEAR_SHARE` of the weight exceeds, in whole levels. */
function distanceFrom(histogram: Float64Array, [red, green, blue]: Rgb): number {
  const weights = new Float64Array(DISTANCES);
  const mask = (1 << LEVEL_BITS) - 1;
  let sum = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    const weight = histogram[bin] as number;
    if (weight === 0) continue;
    const middle = (level: number): number => level * BIN_WIDTH + BIN_WIDTH / 2;
    const [r, g, b] = [
      middle(bin >> (2 * LEVEL_BITS)),
      middle((bin >> LEVEL_BITS) & mask),
      middle(bin & mask),
    ];
    const distance = Math.floor(Math.hypot(r - red, g - green, b - blue));
    weights[distance] = (weights[distance] as number) + weight;
    sum += weight;
  }
  return quantile(weights, NEAR_SHARE * sum);
}

/** First index at which the cumulative weight exceeds `weight`. */
function quantile(weights: Float64Array, weight: number): number {
  let passed = 0;
  return weights.findIndex((each) => (passed += each) > weight);
}

/** The color with the largest distance; the first one of equals. */
function farthest(
  colors: readonly Rgb[],
  distanceOf: (color: Rgb) => number,
): { color: Rgb; distance: number } {
  let best = { color: WHITE, distance: -1 };
  for (const color of colors) {
    const distance = distanceOf(color);
    if (distance > best.distance) best = { color, distance };
  }
  return best;
}
