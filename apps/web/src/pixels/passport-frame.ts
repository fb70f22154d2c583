import type { Rect, Span, Subject } from './frame-geometry.js';

/**
 * ICAO Doc 9303, part 3 (8th edition, 2021): from the crown to the chin, a portrait shows 70 to 80 % of its height. The picture
 * of a passport of Bangladesh, and of the Schengen states, is 35 mm wide and 45 mm high: 7 to 9.
 */
const HEAD_SHARE = 0.75;
const MAX_HEAD_SHARE = 0.8;
/** Width to height. */
const RATIO = 35 / 45;
/** Space above the crown, as a share of the height. */
const TOP_SHARE = 0.09;

/** A neck is narrower than the head above it and than the shoulders below it, by these factors. */
const NECK_TO_HEAD = 0.85;
const SHOULDER_TO_NECK = 1.35;
/** A head is at least this share of the subject's width; what is narrower above it, such as a bun, is not the head. */
const MIN_HEAD_SHARE = 0.22;
/** Height to width of a head with hair, where no neck is visible; and at the minimum, as a collar may hide a part of the neck. */
const HEAD_RATIO = 1.25;
const MIN_HEAD_RATIO = 1.1;

/** Number of rows of the head from the crown to the chin, by the widths of the subject: the chin is where the neck is narrowest. */
export function headRows(widths: readonly number[]): number {
  const widest = Math.max(...widths);
  let [head, neck, neckAt] = [0, Infinity, 0];
  for (const [row, width] of widths.entries()) {
    if (neck <= head * NECK_TO_HEAD && width >= neck * SHOULDER_TO_NECK)
      return Math.max(neckAt, head * MIN_HEAD_RATIO);
    if (width > head) [head, neck] = [width, Infinity];
    else if (width < neck && head >= widest * MIN_HEAD_SHARE) [neck, neckAt] = [width, row];
  }
  let reached = 0;
  for (const [row, width] of widths.entries()) {
    reached = Math.max(reached, width);
    if (row + 1 >= reached * HEAD_RATIO) return row + 1;
  }
  return widths.length;
}

/** Canvas of a passport picture: head and shoulders, with the head centered. @param isCut the photo ends at the subject's bottom */
export function passportFrame({ box, spans, rowHeight }: Subject, isCut: boolean): Rect {
  const crown = Math.max(
    0,
    spans.findIndex(({ left, right }) => right > left),
  );
  const rows = spans.slice(crown);
  const count = Math.max(1, headRows(rows.map(({ left, right }) => (right - left) / rowHeight)));
  const [head, top] = [count * rowHeight, box.top + crown * rowHeight];
  // Where the photo ends below the shoulders, a larger head avoids an empty strip.
  const end = (box.top + box.height - top) / (1 - TOP_SHARE);
  const wanted = isCut
    ? Math.min(head / HEAD_SHARE, Math.max(end, head / MAX_HEAD_SHARE))
    : head / HEAD_SHARE;
  const height = Math.ceil(wanted);
  const width = Math.max(1, Math.round(height * RATIO));
  const middles = rows
    .slice(0, Math.ceil(count))
    .filter(({ left, right }) => right > left)
    .map(({ left, right }) => (left + right) / 2);
  const middle = middles.reduce((sum, one) => sum + one, 0) / middles.length || box.left + box.width / 2;
  return {
    left: Math.round(middle - width / 2),
    top: Math.round(top - TOP_SHARE * height),
    width,
    height,
  };
}

/** Minimum alpha (0 to 255) of the outline: loose hair does not count. */
const OUTLINE_ALPHA = 128;

/**
 * The extent of the subject in each row of a box of RGBA data.
 * @param width of the data, in pixels
 */
export function spansIn(pixels: Uint8ClampedArray, width: number, box: Rect): Span[] {
  return Array.from({ length: box.height }, (_, row) => {
    const at = (x: number): number => pixels[((box.top + row) * width + x) * 4 + 3] ?? 0;
    let [left, right] = [box.left, box.left + box.width];
    while (left < right && at(left) < OUTLINE_ALPHA) left++;
    while (right > left && at(right - 1) < OUTLINE_ALPHA) right--;
    return { left, right };
  });
}
