/** Shape of a convolution kernel, in taps, and its dilation, in pixels. */
export interface KernelShape {
  width: number;
  height: number;
  dilation: number;
}

/** A tap moves to the other neighboring integer only if that reduces the squared error by more than this. */
const MIN_GAIN = 1e-9;
/** Limit on sweeps over all taps, in case rounding errors prevent convergence. */
const MAX_SWEEPS = 8;

/**
 * Rounds the weights of one input channel so that the error of the result is minimal, rather than that of each
 * weight. Neighboring pixels are correlated, so errors that cancel out do less harm than smaller errors that add up.
 * Every weight becomes one of its two neighboring integers.
 *
 * The error is eᵀCe, as in "Up or Down? Adaptive Rounding for Post-Training Quantization" (Nagel et al., ICML 2020,
 * section 3). The correlation of pixels under two taps decreases by the factor `likeness` with each pixel of
 * distance.
 */
export class KernelRounding {
  private readonly taps: number;
  /** taps × taps: distance of two taps in pixels, along rows and columns. */
  private readonly distances: Uint16Array;
  private readonly common: Float64Array;
  private readonly errors: Float64Array;
  private readonly pulls: Float64Array;

  constructor({ width, height, dilation }: KernelShape) {
    const taps = width * height;
    this.taps = taps;
    this.distances = Uint16Array.from({ length: taps * taps }, (_, i) => {
      const [a, b] = [Math.floor(i / taps), i % taps];
      const [across, down] = [(a % width) - (b % width), Math.floor(a / width) - Math.floor(b / width)];
      return dilation * (Math.abs(across) + Math.abs(down));
    });
    this.common = new Float64Array(taps * taps);
    this.errors = new Float64Array(taps);
    this.pulls = new Float64Array(taps);
  }

  /**
   * @param weights weight of each tap, in quantization steps
   * @param likeness correlation of neighboring pixels of the channel, 0 to 1
   * @param into receives the integers, from `-largest` to `largest`
   * @returns sum of the rounding errors, in steps
   */
  round(weights: Float64Array, likeness: number, largest: number, into: Int8Array): number {
    const errors = this.errors;
    for (let tap = 0; tap < this.taps; tap += 1) {
      const weight = weights[tap] as number;
      const whole = Math.round(weight);
      into[tap] = whole;
      errors[tap] = weight - whole;
    }
    if (this.taps > 1 && likeness > 0) {
      this.weigh(likeness);
      for (let sweep = 0; sweep < MAX_SWEEPS && this.sweep(into, largest); sweep += 1);
    }
    let off = 0;
    for (let tap = 0; tap < this.taps; tap += 1) off += errors[tap] as number;
    return off;
  }

  /** Computes C, and Ce: the gradient for each tap. */
  private weigh(likeness: number): void {
    const powers = [1];
    const farthest = this.distances[this.taps - 1] as number;
    for (let i = 1; i <= farthest; i += 1) powers.push((powers[i - 1] as number) * likeness);
    this.pulls.fill(0);
    for (let i = 0; i < this.common.length; i += 1) {
      const common = powers[this.distances[i] as number] as number;
      this.common[i] = common;
      const [a, b] = [Math.floor(i / this.taps), i % this.taps];
      this.pulls[a] = (this.pulls[a] as number) + common * (this.errors[b] as number);
    }
  }

  /** Moves each tap for which that reduces the error. Returns false when there was none. */
  private sweep(into: Int8Array, largest: number): boolean {
    let moved = false;
    for (let tap = 0; tap < this.taps; tap += 1) {
      const [pull, error] = [this.pulls[tap] as number, this.errors[tap] as number];
      const by = pull > 0 ? 1 : -1;
      const whole = (into[tap] as number) + by;
      const pays = 2 * Math.abs(pull) - 1 > MIN_GAIN;
      if (!pays || Math.abs(whole) > largest || Math.abs(error - by) >= 1) continue;
      into[tap] = whole;
      this.errors[tap] = error - by;
      const row = tap * this.taps;
      for (let i = 0; i < this.taps; i += 1) {
        this.pulls[i] = (this.pulls[i] as number) - by * (this.common[row + i] as number);
      }
      moved = true;
    }
    return moved;
  }
}
