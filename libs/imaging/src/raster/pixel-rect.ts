/** A size in whole pixels, at least 1 × 1. */
export interface Size {
  width: number;
  height: number;
}

/** A rectangle in whole pixels. */
export interface Rect extends Size {
  left: number;
  top: number;
}

/** Part of a row: `from` to `to` − 1, in pixels unless said otherwise; empty when the ends meet. */
export interface Run {
  from: number;
  to: number;
}

/** The smallest run with all of both in it. */
export function enclosingRun(one: Run, other: Run): Run {
  if (one.from >= one.to) return other;
  if (other.from >= other.to) return one;
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}

/** `value`, or the nearer end of the range. The lower end wins when the range is empty. */
export const clamped = (value: number, least: number, most: number): number =>
  Math.max(Math.min(value, most), least);

/** The rectangle from `left` to `right` and `top` to `bottom`, ends excluded. */
export const rectOf = (left: number, top: number, right: number, bottom: number): Rect => ({
  left,
  top,
  width: right - left,
  height: bottom - top,
});

/**
 * Where `rect` of an image of size `from` lies when the image has size `to`: edges are rounded, and at least one
 * pixel is left in each direction.
 */
export function resizedRect(rect: Rect, from: Size, to: Size): Rect {
  const [left, width] = resizedSpan(rect.left, rect.width, to.width / from.width);
  const [top, height] = resizedSpan(rect.top, rect.height, to.height / from.height);
  return {
    left: Math.min(left, to.width - 1),
    top: Math.min(top, to.height - 1),
    width,
    height,
  };
}

/** The smallest whole pixels of an image of size `to` with all of `rect`, which is of one of size `from`. */
export function coveringRect(rect: Rect, from: Size, to: Size): Rect {
  const [across, down] = [to.width / from.width, to.height / from.height];
  return rectOf(
    Math.floor(rect.left * across),
    Math.floor(rect.top * down),
    Math.ceil((rect.left + rect.width) * across),
    Math.ceil((rect.top + rect.height) * down),
  );
}

/** What two rectangles have in common; undefined when that is nothing. Without the other, the one. */
export function overlapOf(one: Rect, other: Rect | undefined): Rect | undefined {
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
