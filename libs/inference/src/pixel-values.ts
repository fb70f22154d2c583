/** What each byte value of R, G and B becomes: `(value - mean) / std`. */
export function normalization(input: { mean: readonly number[]; std: readonly number[] }): Float32Array[] {
  return input.mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - mean) / (input.std[channel] as number)),
  );
}

/** Interleaved bytes (R G B) to one plane of floats per channel, through `tables` of `normalisation`. */
export function toPlanes(planes: Float32Array, pixels: Uint8Array, tables: readonly Float32Array[]): void {
  const size = planes.length / 3;
  for (let channel = 0; channel < 3; channel += 1) {
    const table = tables[channel] as Float32Array;
    const start = channel * size;
    for (let i = 0, at = channel; i < size; i += 1, at += 3)
      planes[start + i] = table[pixels[at] as number] as number;
  }
}

/** Opacity 0 to 1, or its logits, to 0 to 255, rounded and clamped. */
export function toBytes(values: ArrayLike<number>, logits: boolean): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i += 1) {
    const raw = values[i] as number;
    const value = logits ? 1 / (1 + Math.exp(-raw)) : raw;
    mask[i] = value <= 0 ? 0 : value >= 1 ? 255 : value * 255 + 0.5;
  }
  return mask;
}
