/** A size in whole pixels, at least 1 × 1. */
export interface Size {
  width: number;
  height: number;
}

/** Largest difference of two proportions that count as the same, and of a side that was rounded, in pixels. */
const PROPORTION_TOLERANCE = 0.02;
const ROUNDING_PIXELS = 1;

/** True when width divided by height is the same, within 2 % or one pixel. */
export function isSameProportion(one: Size, other: Size): boolean {
  const height = (one.width * other.height) / other.width;
  return Math.abs(one.height - height) <= Math.max(PROPORTION_TOLERANCE * height, ROUNDING_PIXELS);
}

/** A rectangle in whole pixels. */
export interface Rect extends Size {
  left: number;
  top: number;
}

/** All of an image of this size. */
export const fullRect = ({ width, height }: Size): Rect => ({ left: 0, top: 0, width, height });

/** Part of a row: pixels `from` to `to` − 1; empty when `from` ≥ `to`. */
export interface Run {
  from: number;
  to: number;
}

/** The smallest run that contains both. */
export function enclosingRun(one: Run, other: Run): Run {
  if (one.from >= one.to) return other;
  if (other.from >= other.to) return one;
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}

/** `value` limited to a range. The lower end wins when the range is empty. */
export const clamp = (value: number, min: number, max: number): number => Math.max(Math.min(value, max), min);

/** The rectangle from `left` to `right` and `top` to `bottom`, ends excluded. */
export const rectOf = (left: number, top: number, right: number, bottom: number): Rect => ({
  left,
  top,
  width: right - left,
  height: bottom - top,
});

/**
 * `rect` of an image of size `from`, scaled to an image of size `to`: edges are rounded, and each side is at least
 * one pixel.
 */
export function scaledRect(rect: Rect, from: Size, to: Size): Rect {
  const [left, width] = resizedSpan(rect.left, rect.width, to.width / from.width);
  const [top, height] = resizedSpan(rect.top, rect.height, to.height / from.height);
  return {
    left: Math.min(left, to.width - 1),
    top: Math.min(top, to.height - 1),
    width,
    height,
  };
}

/** The smallest rectangle of an image of size `to` that covers `rect` of an image of size `from`. */
export function coveringRect(rect: Rect, from: Size, to: Size): Rect {
  const [across, down] = [to.width / from.width, to.height / from.height];
  return rectOf(
    Math.floor(rect.left * across),
    Math.floor(rect.top * down),
    Math.ceil((rect.left + rect.width) * across),
    Math.ceil((rect.top + rect.height) * down),
  );
}

/** Intersection of two rectangles; undefined when it is empty. Without `other` it is `one`. */
export function intersectionOf(one: Rect, other: Rect | undefined): Rect | undefined {
  if (other === undefined) return one;
  const [left, top] = [Math.max(one.left, other.left), Math.max(one.top, other.top)];
  const right = Math.min(one.left + one.width, other.left + other.width);
  const bottom = Math.min(one.top + one.height, other.top + other.height);
  return left < right && top < bottom ? rectOf(left, top, right, bottom) : undefined;
}

function resizedSpan(start: number, length: number, ratio: number): [start: number, length: number] {
  const first = Math.round(start * ratio);
  return [first, Math.max(1, Math.round((start + length) * ratio) - first)];
}
