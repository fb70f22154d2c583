import type { JobOptions } from '#contracts/job-options.js';
import { parseOutline, parseReflectionLength, parseReflectionOffset } from '#contracts/option-shadow.js';
import type { Length } from '#contracts/option-values.js';
import type { Size } from '../raster/pixel-rect.js';

/** Options that draw around the subject. */
export type RoomOptions = Pick<
  JobOptions,
  'outline' | 'reflection' | 'reflection_length' | 'reflection_offset'
>;

/** A distance from the subject. */
export interface Extent {
  /** Pixels of the subject, which are scaled with it. */
  scaled: number;
  /** Pixels of the result. */
  fixed: number;
}

/** What is drawn on each side of a subject. */
export interface Room {
  top: Extent;
  right: Extent;
  bottom: Extent;
  left: Extent;
}

const NONE: Extent = { scaled: 0, fixed: 0 };

/** Length of a reflection without `reflection_length`. */
const REFLECTION_LENGTH: Length = { value: 40, unit: '%' };

/** The room that outline and reflection of a subject take. @param subject its size, in any pixels */
export function roomOf(options: RoomOptions, subject: Size): Room {
  const around = outlineExtent(options, subject);
  const { length, offset } = reflectionExtents(options, subject);
  return { top: around, right: around, bottom: sumOf(sumOf(around, length), offset), left: around };
}

/** Width of the outline. */
export const outlineExtent = ({ outline }: Pick<RoomOptions, 'outline'>, { width, height }: Size): Extent =>
  outline === undefined ? NONE : extentOf(parseOutline(outline), Math.max(width, height));

/** Length of the reflection, and its distance from the subject. */
export function reflectionExtents(
  { reflection, reflection_length: length, reflection_offset: offset }: RoomOptions,
  { height }: Size,
): { length: Extent; offset: Extent } {
  // 0 % is no reflection.
  if (reflection === undefined || reflection === 0) return { length: NONE, offset: NONE };
  const given = length === undefined ? undefined : parseReflectionLength(length);
  return {
    length: extentOf(given ?? REFLECTION_LENGTH, height),
    offset: offset === undefined ? NONE : extentOf(parseReflectionOffset(offset), height),
  };
}

/** An extent of a subject that is shown in its final size, in pixels. */
export const pixelsIn = ({ scaled, fixed }: Extent): number => scaled + fixed;

/** A length in percent of a side of the subject. */
function extentOf(length: Length | undefined, side: number): Extent {
  if (length === undefined) return NONE;
  return length.unit === 'px'
    ? { scaled: 0, fixed: length.value }
    : { scaled: (length.value * side) / 100, fixed: 0 };
}

const sumOf = (one: Extent, other: Extent): Extent => ({
  scaled: one.scaled + other.scaled,
  fixed: one.fixed + other.fixed,
});
