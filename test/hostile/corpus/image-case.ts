import type { ProblemCode } from '#contracts/problem-catalog.js';
import { CORNERS, type Corner } from '../makers/pattern.js';

/** Expected result of a valid image. */
export interface Shown {
  /** As it is shown, in pixels. */
  width: number;
  height: number;
  /** Which quarters of the pattern are shown at top left, top right, bottom left and bottom right. */
  corners?: readonly Corner[];
  /** Only the lightness of the pattern is there. */
  gray?: boolean;
  /** Largest deviation of a color, of 255. */
  tolerance?: number;
}

/** One file of the corpus: how it is made, and the expected outcome. */
export interface ImageCase {
  name: string;
  make: () => Buffer | Promise<Buffer>;
  outcome: Shown | { refused: readonly ProblemCode[] };
}

/** An image that must come out upright, in its size and colors. */
export const good = (name: string, make: ImageCase['make'], shown: Shown): ImageCase => ({
  name,
  make,
  outcome: { corners: CORNERS, ...shown },
});

/** A file that must be refused, at once or when it is decoded, with one of these codes. */
export const bad = (name: string, make: ImageCase['make'], ...refused: ProblemCode[]): ImageCase => ({
  name,
  make,
  outcome: { refused },
});

/** A text in the metadata of inputs that must never occur in an output. */
export const SECRET = 'Rua do Segredo 17, 1100-001';
