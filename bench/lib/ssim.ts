import type { Rect } from '#imaging/raster/pixel-rect.js';

/** Gray values, 0 to 255; rows from the top. */
export interface GrayPlane {
  data: Float32Array;
  width: number;
  height: number;
}

/** Window and constants of the paper: Gaussian of 11 × 11 with σ 1.5, K1 0.01, K2 0.03, values up to 255. */
const RADIUS = 5;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

const TAPS = gaussian();

/** Means of the structural similarity. */
export interface Similarity {
  /** Of all windows. */
  all: number;
  /** Of the windows whose center counts; 1 when there is none. */
  counted: number;
}

/**
 * Structural similarity (SSIM) of two gray images of one size, after Wang, Bovik, Sheikh and Simoncelli, "Image quality
 * assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004: windows inside of the image, at full
 * resolution.
 * @param counts whether the window around a pixel counts in the second mean
 * @throws RangeError for sizes that differ, or that are smaller than the window
 */
export function similarityOf(
  first: GrayPlane,
  second: GrayPlane,
  counts: (pixel: number) => boolean = () => true,
): Similarity {
  const { width, height } = first;
  if (second.width !== width || second.height !== height) throw new RangeError('the sizes differ');
  if (Math.min(width, height) <= 2 * RADIUS) throw new RangeError('smaller than the window');
  const all = { sum: 0, windows: 0 };
  const counted = { sum: 0, windows: 0 };
  const add = (center: number, ssim: number): void => {
    for (const total of counts(center) ? [all, counted] : [all]) {
      total.sum += ssim;
      total.windows += 1;
    }
  };
  const map = differingWindows(first, second);
  for (let row = RADIUS; row < height - RADIUS; row += 1) {
    for (let column = RADIUS; column < width - RADIUS; column += 1) {
      const [x, y] = [column - map.left - RADIUS, row - map.top - RADIUS];
      const isIn = x >= 0 && x < map.width && y >= 0 && y < map.height;
      add(row * width + column, isIn ? map.data[y * map.width + x]! : 1);
    }
  }
  return {
    all: all.sum / all.windows,
    counted: counted.windows === 0 ? 1 : counted.sum / counted.windows,
  };
}

/** SSIM of the windows in the part where the images differ; it is 1 in all others. */
function differingWindows(first: GrayPlane, second: GrayPlane): GrayPlane & { left: number; top: number } {
  const { left, top, width, height } = differingPart(first, second);
  const cropped = (plane: GrayPlane): Float32Array =>
    Float32Array.from(
      { length: width * height },
      (_, i) => plane.data[(top + Math.floor(i / width)) * plane.width + left + (i % width)]!,
    );
  const [x, y] = [cropped(first), cropped(second)];
  const mean = (value: (i: number) => number): Float32Array => windowMeans(value, width, height);
  const [meanX, meanY] = [mean((i) => x[i]!), mean((i) => y[i]!)];
  const [squareX, squareY] = [mean((i) => x[i]! ** 2), mean((i) => y[i]! ** 2)];
  const product = mean((i) => x[i]! * y[i]!);
  const data = product.map((both, at) => {
    const [mx, my] = [meanX[at]!, meanY[at]!];
    const [vx, vy, covariance] = [squareX[at]! - mx * mx, squareY[at]! - my * my, both - mx * my];
    return ((2 * mx * my + C1) * (2 * covariance + C2)) / ((mx * mx + my * my + C1) * (vx + vy + C2));
  });
  return { data, width: width - 2 * RADIUS, height: height - 2 * RADIUS, left, top };
}

/** The box of the pixels that differ, with the pixels of all windows that one of them is in. At least one window. */
function differingPart(first: GrayPlane, second: GrayPlane): Rect {
  const { width, height } = first;
  let [left, top, right, bottom] = [width, height, -1, -1];
  first.data.forEach((value, i) => {
    if (value === second.data[i]) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  if (right < 0) return { left: 0, top: 0, width: 2 * RADIUS + 1, height: 2 * RADIUS + 1 };
  const from = { x: Math.max(0, left - 2 * RADIUS), y: Math.max(0, top - 2 * RADIUS) };
  const to = { x: Math.min(width, right + 2 * RADIUS + 1), y: Math.min(height, bottom + 2 * RADIUS + 1) };
  return { left: from.x, top: from.y, width: to.x - from.x, height: to.y - from.y };
}

/** Weighted mean of each window inside of the image: rows first, then columns. */
function windowMeans(value: (i: number) => number, width: number, height: number): Float32Array {
  const across = width - 2 * RADIUS;
  const down = height - 2 * RADIUS;
  const line = new Float64Array(width);
  const rows = new Float32Array(across * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) line[column] = value(row * width + column);
    for (let column = 0; column < across; column += 1) {
      let sum = 0;
      for (let tap = 0; tap < TAPS.length; tap += 1) sum += TAPS[tap]! * line[column + tap]!;
      rows[row * across + column] = sum;
    }
  }
  const means = new Float32Array(across * down);
  for (let row = 0; row < down; row += 1) {
    for (let tap = 0; tap < TAPS.length; tap += 1) {
      const [weight, from, to] = [TAPS[tap]!, (row + tap) * across, row * across];
      for (let column = 0; column < across; column += 1) means[to + column]! += weight * rows[from + column]!;
    }
  }
  return means;
}

function gaussian(): Float64Array {
  const taps = Float64Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
