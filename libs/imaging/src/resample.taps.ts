/** For each output sample, which source samples count and how much. */
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
 * Taps that resize `from` samples to `to` samples. Samples sit at the centres of their pixels, so output `i`
 * looks at source position `(i + 1/2) * from / to - 1/2`: edges stay where they are. When shrinking, the kernel
 * is stretched by the ratio, so that every source sample counts.
 */
export function resampleTaps(from: number, to: number): Taps {
  const scale = Math.max(1, from / to);
  const count = 2 * Math.ceil(2 * scale);
  const index = new Int32Array(to * count);
  const weight = new Float32Array(to * count);
  for (let i = 0; i < to; i += 1) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - count / 2 + 1;
    const raw = Array.from({ length: count }, (_, k) => catmullRom((first + k - centre) / scale));
    const sum = raw.reduce((a, b) => a + b, 0);
    raw.forEach((value, k) => {
      index[i * count + k] = Math.min(Math.max(first + k, 0), from - 1);
      weight[i * count + k] = value / sum;
    });
  }
  return { count, index, weight };
}
