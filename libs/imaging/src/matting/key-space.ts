/** A difference of R, G and B from the ground. */
export type Delta = readonly [number, number, number];

/**
 * Color differences as a key measures them. Lossless pictures are measured in R, G and B. Lossy files store color
 * (chroma) with half the resolution of brightness (luma), blurred over the edges: there luma has more weight. Grays
 * have the same length in both spaces.
 */
export interface KeySpace {
  /** Rows of the matrix from R, G, B. */
  readonly from: Float64Array;
  /** Rows of the matrix back to R, G, B. */
  readonly to: Float64Array;
}

/** Weight of chroma relative to luma in lossy files. */
const CHROMA_WEIGHT = 0.3;

export const RGB_SPACE: KeySpace = {
  from: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
  to: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
};

const [Y, C] = [Math.sqrt(3), CHROMA_WEIGHT];
/** Luma and chroma of ITU-R BT.601, as JPEG and WebP use them. */
export const LUMA_SPACE: KeySpace = {
  from: Float64Array.of(
    ...[Y * 0.299, Y * 0.587, Y * 0.114],
    ...[C * -0.299, C * -0.587, C * 0.886],
    ...[C * 0.701, C * -0.587, C * -0.114],
  ),
  to: Float64Array.of(
    ...[1 / Y, 0, 1 / C],
    ...[1 / Y, -0.114 / 0.587 / C, -0.299 / 0.587 / C],
    ...[1 / Y, 1 / C, 0],
  ),
};

/** A vector times a matrix. */
export const times = (m: Float64Array, [r, g, b]: Delta): Delta => [
  (m[0] as number) * r + (m[1] as number) * g + (m[2] as number) * b,
  (m[3] as number) * r + (m[4] as number) * g + (m[5] as number) * b,
  (m[6] as number) * r + (m[7] as number) * g + (m[8] as number) * b,
];
