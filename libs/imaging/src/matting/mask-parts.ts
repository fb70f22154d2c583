import { wipe } from '#crypto/wipe.js';
import { rectOf, type Rect } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** A connected part of a mask. */
export interface MaskPart {
  /** Sum of the opacity of its cells, 255 for an opaque cell. */
  mass: number;
  /** Highest opacity, 1 to 255. */
  peak: number;
  /** Bounding box in cells. */
  box: Rect;
}

/** Connected parts of a mask. */
export interface MaskParts {
  parts: MaskPart[];
  /** Index in `parts` of each cell; -1 for none. The caller wipes it, since it shows shapes. */
  labels: Int32Array;
}

/**
 * Finds the connected parts of cells with at least the opacity `from`, with 8-connectivity, in the order of their
 * first cells. Runs of each row are joined with those of the row before in a union-find structure: K. Wu, E. Otoo,
 * K. Suzuki, "Optimizing two-pass connected-component labeling algorithms", Pattern Analysis and Applications 12
 * (2009).
 */
export function maskParts(mask: Mask, from: number): MaskParts {
  const runs = runsOf(mask, from);
  try {
    joinRuns(runs);
    return partsOf(mask, runs);
  } finally {
    wipe(runs.firsts, runs.ends, runs.rows, runs.roots);
  }
}

/** Runs of cells, row by row. */
interface Runs {
  /** First cell of each run, as an index of the row. */
  firsts: Int32Array;
  /** End of each run, excluded. */
  ends: Int32Array;
  /** First run of each row, and the number of runs. */
  rows: Int32Array;
  /** Index of a run of the same part, never larger than the own. */
  roots: Int32Array;
}

function runsOf({ data, width, height }: Mask, from: number): Runs {
  const isIn = (cell: number): boolean => (data[cell] as number) >= from;
  let count = 0;
  for (let cell = 0; cell < width * height; cell += 1) {
    if (isIn(cell) && (cell % width === 0 || !isIn(cell - 1))) count += 1;
  }
  const [firsts, ends] = [new Int32Array(count), new Int32Array(count)];
  const rows = new Int32Array(height + 1);
  let run = 0;
  for (let y = 0; y < height; y += 1) {
    rows[y] = run;
    const start = y * width;
    for (let x = 0; x < width; x += 1) {
      if (!isIn(start + x)) continue;
      firsts[run] = x;
      while (x < width && isIn(start + x)) x += 1;
      ends[run] = x;
      run += 1;
    }
  }
  rows[height] = run;
  return { firsts, ends, rows, roots: Int32Array.from({ length: count }, (_, i) => i) };
}

/** Joins runs that touch a run of the row before, also diagonally. */
function joinRuns({ firsts, ends, rows, roots }: Runs): void {
  for (let y = 1; y + 1 < rows.length; y += 1) {
    let [above, run] = [rows[y - 1] as number, rows[y] as number];
    const [aboveEnd, end] = [run, rows[y + 1] as number];
    while (above < aboveEnd && run < end) {
      const [aboveTo, to] = [ends[above] as number, ends[run] as number];
      if ((firsts[run] as number) <= aboveTo && (firsts[above] as number) <= to) join(roots, above, run);
      if (aboveTo < to) above += 1;
      else run += 1;
    }
  }
}

/** Index of the first element of a set. */
export function rootOf(roots: Int32Array | number[], element: number): number {
  let root = element;
  while (roots[root] !== root) {
    const next = roots[root] as number;
    // Halves the path for later calls.
    roots[root] = roots[next] as number;
    root = roots[root] as number;
  }
  return root;
}

function join(roots: Int32Array, one: number, other: number): void {
  const [a, b] = [rootOf(roots, one), rootOf(roots, other)];
  roots[Math.max(a, b)] = Math.min(a, b);
}

function partsOf({ data, width, height }: Mask, { firsts, ends, rows, roots }: Runs): MaskParts {
  const labels = new Int32Array(width * height).fill(-1);
  const parts: MaskPart[] = [];
  const partOfRoot = new Int32Array(roots.length);
  for (let y = 0; y < height; y += 1) {
    for (let run = rows[y] as number; run < (rows[y + 1] as number); run += 1) {
      const root = rootOf(roots, run);
      const [first, end] = [firsts[run] as number, ends[run] as number];
      if (root === run) {
        partOfRoot[run] = parts.length;
        parts.push({ mass: 0, peak: 0, box: rectOf(first, y, end, y + 1) });
      }
      const label = partOfRoot[root] as number;
      const part = parts[label] as MaskPart;
      part.box = enclosingRect(part.box, rectOf(first, y, end, y + 1));
      for (let cell = y * width + first; cell < y * width + end; cell += 1) {
        const value = data[cell] as number;
        labels[cell] = label;
        part.mass += value;
        if (value > part.peak) part.peak = value;
      }
    }
  }
  return { parts, labels };
}

/** The smallest rectangle that contains both. */
export const enclosingRect = (one: Rect, other: Rect): Rect =>
  rectOf(
    Math.min(one.left, other.left),
    Math.min(one.top, other.top),
    Math.max(one.left + one.width, other.left + other.width),
    Math.max(one.top + one.height, other.top + other.height),
  );
