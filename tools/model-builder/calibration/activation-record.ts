import type { Calibration } from '../recipe/calibration.js';

/** Magnitudes are counted by the upper bits of their float: exponent and three bits, buckets 12 % wide. */
const DROPPED_BITS = 20;
const BUCKETS = 2 ** (31 - DROPPED_BITS);
const SIGN_MASK = 0x7fffffff;
const DIGITS = 3;
const USUAL_SHARE = 0.999;

/** Statistics of the values of one tensor over any number of images, channel by channel. */
export class ActivationRecord {
  private readonly counts: Uint32Array[] = [];
  private readonly max: number[] = [];
  private readonly sum: number[] = [];
  private readonly squares: number[] = [];
  /** Sum of the products of values and their neighbors to the right. */
  private readonly products: number[] = [];
  private pairsPerChannel = 0;
  private valuesPerChannel = 0;

  /** @param data one image: channels × rows × columns, as many rows as columns */
  add(data: Float32Array, channels: number): void {
    const size = data.length / channels;
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const side = Math.sqrt(size);
    this.valuesPerChannel += size;
    this.pairsPerChannel += side * (side - 1);
    for (let channel = 0; channel < channels; channel += 1) {
      const counts = (this.counts[channel] ??= new Uint32Array(BUCKETS));
      let [largest, sum, squares, products, before] = [0, 0, 0, 0, 0];
      for (let i = channel * size; i < (channel + 1) * size; i += 1) {
        const magnitude = (bits[i] as number) & SIGN_MASK;
        counts[magnitude >>> DROPPED_BITS] = (counts[magnitude >>> DROPPED_BITS] as number) + 1;
        // Floats of one sign have the order of their bits.
        if (magnitude > largest) largest = magnitude;
        const value = data[i] as number;
        sum += value;
        squares += value * value;
        if (i % side > 0) products += before * value;
        before = value;
      }
      this.squares[channel] = (this.squares[channel] ?? 0) + squares;
      this.products[channel] = (this.products[channel] ?? 0) + products;
      this.sum[channel] = (this.sum[channel] ?? 0) + sum;
      this.max[channel] = Math.max(this.max[channel] ?? 0, floatOf(largest));
    }
  }

  /** Per channel, in the schema of the calibration. */
  statistics(): Calibration['tensors'][string] {
    return {
      max: this.max.map(rounded),
      p999: this.counts.map((counts, i) => rounded(Math.min(this.usual(counts), this.max[i] ?? 0))),
      mean: this.sum.map((sum) => rounded(sum / this.valuesPerChannel)),
      likeness: this.sum.map((_, channel) => rounded(this.likeness(channel))),
    };
  }

  private likeness(channel: number): number {
    const mean = (this.sum[channel] ?? 0) / this.valuesPerChannel;
    const variance = (this.squares[channel] ?? 0) / this.valuesPerChannel - mean ** 2;
    if (variance <= 0) return 0;
    const common = (this.products[channel] ?? 0) / this.pairsPerChannel - mean ** 2;
    return Math.min(1, Math.max(0, common / variance));
  }

  /** Upper edge of the bucket that contains the percentile. */
  private usual(counts: Uint32Array): number {
    let left = this.valuesPerChannel * (1 - USUAL_SHARE);
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
