import { lightOf, SRGB, srgbValue, type ColorCoding } from './color-coding.js';
import { colorantMatrix, inverse, product } from './color-matrix.js';
import { fullOf } from '../raster/raster-shape.js';

/** Decoded values of 8 or 16 bits, 3 or 4 a pixel: red, green, blue, alpha. */
export interface Samples {
  values: Uint8Array | Uint16Array;
  channels: number;
}

/** Steps of light from black to white: of 8 bits no value is missed, and 16 bits are right to a 50th of an 8-bit one. */
const STEPS = 65_535;

/**
 * Converts decoded values of a coding to those of sRGB, by tables and a matrix; alpha stays. It works in place too, also
 * from 16 bits to 8 at the beginning of the same memory: a pixel is read before it is written.
 * @param to gets as many values, of 8 bits or of 16
 */
export function convertSamples(
  { values, channels }: Samples,
  to: Uint8Array | Uint16Array,
  coding: ColorCoding,
): void {
  const [from, last] = [fullOf(values), fullOf(to)];
  const curve = lightOf(coding.transfer);
  const light = Float32Array.from({ length: from + 1 }, (_, i) => STEPS * Math.min(1, curve(i / from)));
  const valueOf = Uint16Array.from({ length: STEPS + 1 }, (_, i) => Math.round(last * srgbValue(i / STEPS)));
  const stepOf = (sum: number): number => (sum <= 0 ? 0 : sum >= STEPS ? STEPS : (sum + 0.5) | 0);
  const [[a, b, c], [d, e, f], [g, h, i]] = toSrgb(coding);
  const shift = from === last ? 0 : 8;
  for (let at = 0; at < values.length; at += channels) {
    const red = light[values[at] as number] as number;
    const green = light[values[at + 1] as number] as number;
    const blue = light[values[at + 2] as number] as number;
    const alpha = (values[at + 3] as number) >> shift;
    to[at] = valueOf[stepOf(a * red + b * green + c * blue)] as number;
    to[at + 1] = valueOf[stepOf(d * red + e * green + f * blue)] as number;
    to[at + 2] = valueOf[stepOf(g * red + h * green + i * blue)] as number;
    if (channels === 4) to[at + 3] = alpha;
  }
}

const toSrgb = ({ primaries, white }: ColorCoding): ReturnType<typeof product> =>
  product(inverse(colorantMatrix(SRGB.primaries, SRGB.white)), colorantMatrix(primaries, white));
