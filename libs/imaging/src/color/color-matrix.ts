/** A 3 × 3 matrix, rows first. */
export type Matrix = readonly [Row, Row, Row];
type Row = readonly [number, number, number];

/** CIE 1931 chromaticities x, y of red, green and blue. */
export type Primaries = readonly [
  redX: number,
  redY: number,
  greenX: number,
  greenY: number,
  blueX: number,
  blueY: number,
];
/** Chromaticity x, y of white. */
export type WhitePoint = readonly [x: number, y: number];

/** White point of the profile connection space (ICC.1:2022, section 7.2.16): X, Y, Z. */
export const D50: Row = [0.9642, 1, 0.8249];

/** The Bradford cone responses (ICC.1:2022, annex E). */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/**
 * Matrix from linear RGB to XYZ under D50: primaries are scaled so that they add up to white, then adapted by
 * Bradford's method. Contains NaN when the chromaticities form no triangle.
 */
export function colorantMatrix([rx, ry, gx, gy, bx, by]: Primaries, white: WhitePoint): Matrix {
  const primaries = transposed([tristimulus(rx, ry), tristimulus(gx, gy), tristimulus(bx, by)]);
  const source = tristimulus(...white);
  const scale = applied(inverse(primaries), source);
  const [from, to] = [applied(BRADFORD, source), applied(BRADFORD, D50)];
  const gains: Row = [to[0] / from[0], to[1] / from[1], to[2] / from[2]];
  const adaptation = product(inverse(BRADFORD), product(diagonal(gains), BRADFORD));
  return product(adaptation, product(primaries, diagonal(scale)));
}

/** `first` after `second`. */
export const product = (first: Matrix, second: Matrix): Matrix => {
  const columns = transposed(second);
  const row = (values: Row): Row => [
    dot(values, columns[0]),
    dot(values, columns[1]),
    dot(values, columns[2]),
  ];
  return [row(first[0]), row(first[1]), row(first[2])];
};

/** Inverse matrix; contains NaN or infinity when there is none. */
export function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const [first, second, third] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const factor = 1 / (a * first + b * second + c * third);
  return [
    [first * factor, (c * h - b * i) * factor, (b * f - c * e) * factor],
    [second * factor, (a * i - c * g) * factor, (c * d - a * f) * factor],
    [third * factor, (b * g - a * h) * factor, (a * e - b * d) * factor],
  ];
}

/** X, Y, Z of a chromaticity at Y = 1. */
const tristimulus = (x: number, y: number): Row => [x / y, 1, (1 - x - y) / y];

const dot = (one: Row, other: Row): number => one[0] * other[0] + one[1] * other[1] + one[2] * other[2];

const applied = (matrix: Matrix, vector: Row): Row => [
  dot(matrix[0], vector),
  dot(matrix[1], vector),
  dot(matrix[2], vector),
];

const transposed = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

const diagonal = ([a, b, c]: Row): Matrix => [
  [a, 0, 0],
  [0, b, 0],
  [0, 0, c],
];
