/** Magnitudes are counted by the upper bits of their float: exponent and three bits, which is 12 % apart. */
const DROPPED_BITS = 20;
const BUCKETS = 2 ** (31 - DROPPED_BITS);
const SIGN_MASK = 0x7fffffff;
const DIGITS = 3;
const USUAL_SHARE = 0.999;

/** What the values of one tensor reach, over any number of images, channel by channel. */
export class ActivationRecord {
  readonly #counts: Uint32Array[] = [];
  readonly #max: number[] = [];
  readonly #sum: number[] = [];
  #valuesPerChannel = 0;

  /** @param data one image: channels × rows × columns */
  add(data: Float32Array, channels: number): void {
    const size = data.length / channels;
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    this.#valuesPerChannel += size;
    for (let channel = 0; channel < channels; channel += 1) {
      const counts = (this.#counts[channel] ??= new Uint32Array(BUCKETS));
      let [largest, sum] = [0, 0];
      for (let i = channel * size; i < (channel + 1) * size; i += 1) {
        const magnitude = (bits[i] as number) & SIGN_MASK;
        counts[magnitude >>> DROPPED_BITS] = (counts[magnitude >>> DROPPED_BITS] as number) + 1;
        // Floats of one sign are ordered as their bits are.
        if (magnitude > largest) largest = magnitude;
        sum += data[i] as number;
      }
      this.#sum[channel] = (this.#sum[channel] ?? 0) + sum;
      this.#max[channel] = Math.max(this.#max[channel] ?? 0, floatOf(largest));
    }
  }

  /** Per channel the largest magnitude, the one that 99.9 % of the values stay below, and the mean value. */
  statistics(): { max: number[]; p999: number[]; mean: number[] } {
    return {
      max: this.#max.map(rounded),
      p999: this.#counts.map((counts, i) => rounded(Math.min(this.#usual(counts), this.#max[i] ?? 0))),
      mean: this.#sum.map((sum) => rounded(sum / this.#valuesPerChannel)),
    };
  }

  /** Upper edge of the bucket in which the share is reached. */
  #usual(counts: Uint32Array): number {
    let left = this.#valuesPerChannel * (1 - USUAL_SHARE);
    for (let bucket = BUCKETS - 1; bucket > 0; bucket -= 1) {
      left -= counts[bucket] as number;
      if (left < 0) return floatOf(((bucket + 1) << DROPPED_BITS) - 1);
    }
    return 0;
  }
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0] as number;
}
