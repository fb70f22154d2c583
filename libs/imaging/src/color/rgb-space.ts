import { maxValueOf, type AnyRaster } from '../raster/raster.js';
import { lightOf, type ColorCoding } from './color-coding.js';
import { colorantMatrix, inverse, product, type Matrix } from './color-matrix.js';

/** Light, 0 to 1, of a value of 0 to 1; never falling. */
export type Curve = (value: number) => number;

/** An RGB color space: what its values mean. */
export interface RgbSpace {
  /** From linear red, green and blue to XYZ under D50. */
  matrix: Matrix;
  /** Curves of red, green and blue. */
  curves: readonly [Curve, Curve, Curve];
}

/** The space of a color coding. */
export function spaceOf({ primaries, white, transfer }: ColorCoding): RgbSpace {
  const curve = lightOf(transfer);
  return { matrix: colorantMatrix(primaries, white), curves: [curve, curve, curve] };
}

/** Largest difference of two spaces that are the same: profiles of one space differ by rounding. */
const SAME = 0.002;
/** Values at which curves are compared. */
const COMPARED = 64;

/** True when two spaces differ by the rounding of their profiles only. */
export const isSameSpace = (one: RgbSpace, other: RgbSpace): boolean =>
  one.matrix.every((row, i) =>
    row.every((value, k) => Math.abs(value - (other.matrix[i] as Matrix[0])[k as 0]) < SAME),
  ) &&
  one.curves.every((curve, i) =>
    Array.from({ length: COMPARED + 1 }, (_, step) => step / COMPARED).every(
      (value) => Math.abs(curve(value) - (other.curves[i] as Curve)(value)) < SAME,
    ),
  );

/** Steps of the tables from light to value. They are even in the square root of the light, which keeps dark steps small. */
const STEPS = 65_535;

/** Red, green and blue. */
export type Rgb = [red: number, green: number, blue: number];

/** A conversion between two RGB spaces: curves, a matrix, and inverse curves. Colors outside of the target are clipped. */
export class RgbConversion {
  private readonly lights: readonly Float64Array[];
  private readonly values: readonly Float64Array[];
  private readonly matrix: Matrix;

  /** @param full largest value of the colors, before and after */
  constructor(
    from: RgbSpace,
    to: RgbSpace,
    private readonly full: 255 | 65_535,
  ) {
    this.matrix = product(inverse(to.matrix), from.matrix);
    this.lights = perCurve(from.curves, (curve) =>
      Float64Array.from({ length: full + 1 }, (_, i) => clampShare(curve(i / full))),
    );
    this.values = perCurve(to.curves, (curve) => inverseTable(curve).map((value) => value * full));
  }

  /** The color at `at` of `data`, converted: not rounded, 0 to the largest value. */
  convert(data: Uint8Array | Uint16Array, at: number, out: Rgb): void {
    const red = (this.lights[0] as Float64Array)[data[at] as number] as number;
    const green = (this.lights[1] as Float64Array)[data[at + 1] as number] as number;
    const blue = (this.lights[2] as Float64Array)[data[at + 2] as number] as number;
    for (let k = 0; k < 3; k += 1) {
      const [a, b, c] = this.matrix[k] as Matrix[0];
      const light = clampShare(a * red + b * green + c * blue);
      out[k] = (this.values[k] as Float64Array)[(Math.sqrt(light) * STEPS + 0.5) | 0] as number;
    }
  }

  /** Converts an image of this depth in place. Invisible pixels stay as they are. */
  convertImage({ data }: AnyRaster): void {
    if (maxValueOf(data) !== this.full) throw new RangeError('the image has another depth');
    const color: Rgb = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 0) continue;
      this.convert(data, at, color);
      for (let k = 0; k < 3; k += 1) data[at + k] = Math.round(color[k] as number);
    }
  }
}

const clampShare = (value: number): number => Math.min(Math.max(value, 0), 1);

/** One table for each curve; equal curves share theirs. */
function perCurve(curves: RgbSpace['curves'], tableOf: (curve: Curve) => Float64Array): Float64Array[] {
  const tables = new Map(curves.map((curve) => [curve, undefined as Float64Array | undefined]));
  return curves.map((curve) => {
    const table = tables.get(curve) ?? tableOf(curve);
    tables.set(curve, table);
    return table;
  });
}

/** Values of 0 to 1 for steps of the square root of light: the curve sampled and turned around. */
function inverseTable(curve: Curve): Float64Array {
  const table = new Float64Array(STEPS + 1);
  let [at, below, above] = [0, 0, clampShare(curve(0))];
  for (let i = 0; i <= STEPS; i += 1) {
    const light = (i / STEPS) ** 2;
    while (above < light && at < STEPS) {
      at += 1;
      below = above;
      above = Math.max(below, clampShare(curve(at / STEPS)));
    }
    const part = above > below ? clampShare((light - below) / (above - below)) : 1;
    table[i] = at === 0 ? 0 : (at - 1 + part) / STEPS;
  }
  return table;
}
