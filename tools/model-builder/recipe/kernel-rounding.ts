/** A convolution kernel's shape, in taps, and the distance of its taps, in pixels. */
export interface KernelShape {
  width: number;
  height: number;
  dilation: number;
}

/** A tap moves to the whole number on its other side only if that gains more than this, in squared steps. */
const MIN_GAIN = 1e-9;
/** Taps are gone through again until none moves; this ends what rounding errors would keep going. */
const MAX_SWEEPS = 8;

/**
 * Rounds the weights that one input channel is read with, so that the error of the result is small rather than that
 * of each weight: what neighbouring pixels have in common meets all taps alike, so errors that cancel each other out
 * do less harm than smaller ones that add up. Every weight becomes one of the two whole numbers around it.
 *
 * The error is eᵀCe, as in "Up or Down? Adaptive Rounding for Post-Training Quantization" (Nagel et al., ICML 2020,
 * section 3), with what pixels under two taps have in common falling by `likeness` with every pixel between them.
 */
export class KernelRounding {
  readonly #taps: number;
  /** taps × taps: pixels between two taps, along rows and columns. */
  readonly #distances: Uint16Array;
  readonly #common: Float64Array;
  readonly #errors: Float64Array;
  readonly #pulls: Float64Array;

  constructor({ width, height, dilation }: KernelShape) {
    const taps = width * height;
    this.#taps = taps;
    this.#distances = Uint16Array.from({ length: taps * taps }, (_, i) => {
      const [a, b] = [Math.floor(i / taps), i % taps];
      const [across, down] = [(a % width) - (b % width), Math.floor(a / width) - Math.floor(b / width)];
      return dilation * (Math.abs(across) + Math.abs(down));
    });
    this.#common = new Float64Array(taps * taps);
    this.#errors = new Float64Array(taps);
    this.#pulls = new Float64Array(taps);
  }

  /**
   * @param weights of each tap, in steps
   * @param likeness correlation of neighbouring pixels of the channel, 0 to 1
   * @param into gets the whole numbers, from `-largest` to `largest`
   * @returns sum of what was rounded off, in steps
   */
  round(weights: Float64Array, likeness: number, largest: number, into: Int8Array): number {
    const errors = this.#errors;
    for (let tap = 0; tap < this.#taps; tap += 1) {
      const weight = weights[tap] as number;
      const whole = Math.round(weight);
      into[tap] = whole;
      errors[tap] = weight - whole;
    }
    if (this.#taps > 1 && likeness > 0) {
      this.#weigh(likeness);
      for (let sweep = 0; sweep < MAX_SWEEPS && this.#sweep(into, largest); sweep += 1);
    }
    let off = 0;
    for (let tap = 0; tap < this.#taps; tap += 1) off += errors[tap] as number;
    return off;
  }

  /** Fills C, and Ce: what pulls each tap to its other side. */
  #weigh(likeness: number): void {
    const powers = [1];
    const farthest = this.#distances[this.#taps - 1] as number;
    for (let i = 1; i <= farthest; i += 1) powers.push((powers[i - 1] as number) * likeness);
    this.#pulls.fill(0);
    for (let i = 0; i < this.#common.length; i += 1) {
      const common = powers[this.#distances[i] as number] as number;
      this.#common[i] = common;
      const [a, b] = [Math.floor(i / this.#taps), i % this.#taps];
      this.#pulls[a] = (this.#pulls[a] as number) + common * (this.#errors[b] as number);
    }
  }

  /** Moves each tap for which that pays. Returns false when there was none. */
  #sweep(into: Int8Array, largest: number): boolean {
    let moved = false;
    for (let tap = 0; tap < this.#taps; tap += 1) {
      const [pull, error] = [this.#pulls[tap] as number, this.#errors[tap] as number];
      const by = pull > 0 ? 1 : -1;
      const whole = (into[tap] as number) + by;
      const pays = 2 * Math.abs(pull) - 1 > MIN_GAIN;
      if (!pays || Math.abs(whole) > largest || Math.abs(error - by) >= 1) continue;
      into[tap] = whole;
      this.#errors[tap] = error - by;
      const row = tap * this.#taps;
      for (let i = 0; i < this.#taps; i += 1) {
        this.#pulls[i] = (this.#pulls[i] as number) - by * (this.#common[row + i] as number);
      }
      moved = true;
    }
    return moved;
  }
}
