import type { Mask } from '../raster/raster.js';

/** The holes of a drawing: background that the border does not reach. */
export interface HoleFacts {
  /** Their share of the drawing with its holes, 0 to 1. */
  share: number;
  /** Drawn parts inside of holes, as a share of the drawing: eyes in a face. */
  islands: number;
}

const UNSEEN = 0;
const OUTSIDE = 1;
const OUTLINE = 2;

/** Finds the holes of a drawing. @param opacity 0 where there is background; not changed */
export function holeFacts({ data, width }: Mask): HoleFacts {
  const seen = new Uint8Array(data.length);
  const stack: number[] = [];
  const visit = (at: number, mark: number, isDrawn: boolean): void => {
    if (seen[at] !== UNSEEN || (data[at] !== 0) !== isDrawn) return;
    seen[at] = mark;
    stack.push(at);
  };
  const flood = (mark: number, isDrawn: boolean): void => {
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      if (x > 0) visit(at - 1, mark, isDrawn);
      if (x < width - 1) visit(at + 1, mark, isDrawn);
      if (at >= width) visit(at - width, mark, isDrawn);
      if (at < data.length - width) visit(at + width, mark, isDrawn);
    }
  };
  const isBorder = (at: number): boolean =>
    at % width === 0 || at % width === width - 1 || at < width || at >= data.length - width;
  for (let at = 0; at < data.length; at += 1) if (isBorder(at)) visit(at, OUTSIDE, false);
  flood(OUTSIDE, false);
  for (let at = 0; at < data.length; at += 1) {
    if (isBorder(at)) visit(at, OUTLINE, true);
    if (seen[at] !== OUTSIDE) continue;
    for (const beside of [at - 1, at + 1, at - width, at + width]) {
      if (beside >= 0 && beside < data.length) visit(beside, OUTLINE, true);
    }
  }
  flood(OUTLINE, true);
  let [drawn, islands, holes] = [0, 0, 0];
  for (let at = 0; at < data.length; at += 1) {
    if (data[at] !== 0) {
      drawn += 1;
      if (seen[at] === UNSEEN) islands += 1;
    } else if (seen[at] === UNSEEN) holes += 1;
  }
  seen.fill(0);
  return { share: holes / Math.max(1, holes + drawn), islands: islands / Math.max(1, drawn) };
}
