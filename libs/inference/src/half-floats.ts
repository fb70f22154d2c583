const HALF_VALUES = 1 << 16;
const FRACTION_BITS = 10;
const SUBNORMAL_STEP = 2 ** -24;

let values: Float32Array | undefined;

/** Value of each bit pattern of IEEE 754 binary16, in the order of the patterns. */
export const halfValues = (): Float32Array =>
  (values ??= Float32Array.from({ length: HALF_VALUES }, (_, bits) => halfValue(bits)));

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> FRACTION_BITS) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * SUBNORMAL_STEP;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Bit pattern of the binary16 value that is nearest to a finite number, ties to even; beyond 65,504 infinity. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundedEven(size / SUBNORMAL_STEP);
  const exponent = Math.floor(Math.log2(size));
  // A rounding up to 2048 carries into the exponent, as the format wants it.
  const fraction = roundedEven((size / 2 ** exponent) * 1024) - 1024;
  return sign | (((exponent + 15) << FRACTION_BITS) + fraction);
}

function roundedEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}
