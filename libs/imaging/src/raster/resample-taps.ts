/** For each output sample: the source samples and their weights. */
export interface Taps {
  /** Source samples for one output sample. */
  count: number;
  /** `count` source indices for each output sample, clamped to the edge. */
  index: Int32Array;
  /** `count` weights for each output sample; they add up to 1. */
  weight: Float32Array;
}

/** Catmull-Rom: the cubic with a = -1/2. Keys, "Cubic convolution interpolation", IEEE ASSP-29 (1981). */
function catmullRom(distance: number): number {
  const x = Math.abs(distance);
  if (x >= 2) return 0;
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/**
 * Taps that resize `from` samples to `to` samples. Samples lie at pixel centers: output `i` reads source position `(i
 * + 1/2) * from / to - 1/2`. For reduction the kernel is stretched by the ratio, so that every source sample counts.
 */
export function resampleTaps(from: number, to: number): Taps {
  const scale = Math.max(1, from / to);
  return tapsOf(from, to, 4 * Math.ceil(scale), (distance) => catmullRom(distance / scale));
}

/**
 * Taps for area means when reducing, and for linear interpolation when enlarging; positions as in `resampleTaps`.
 * Exact where `from` is a multiple of `to`.
 */
export function areaTaps(from: number, to: number): Taps {
  const scale = from / to;
  if (scale <= 1) return tapsOf(from, to, 2, (distance) => Math.max(0, 1 - Math.abs(distance)));
  // Overlap of a sample (width 1) with an output pixel (width `scale`).
  const overlap = (distance: number): number =>
    Math.min(1, Math.max(0, (scale + 1) / 2 - Math.abs(distance)));
  const count = scale % 2 === 0 ? scale : 2 * Math.ceil((scale + 1) / 2);
  return tapsOf(from, to, count, overlap);
}

/** The `count` (even) samples around each output's center, weighted by `kernel` of their distance to it. */
function tapsOf(from: number, to: number, count: number, kernel: (distance: number) => number): Taps {
  const index = new Int32Array(to * count);
  const weight = new Float32Array(to * count);
  for (let i = 0; i < to; i += 1) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - count / 2 + 1;
    let sum = 0;
    for (let k = 0; k < count; k += 1) sum += kernel(first + k - centre);
    for (let k = 0; k < count; k += 1) {
      index[i * count + k] = Math.min(Math.max(first + k, 0), from - 1);
      weight[i * count + k] = kernel(first + k - centre) / sum;
    }
  }
  return { count, index, weight };
}
