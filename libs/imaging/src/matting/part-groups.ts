import { enclosingRect, rootOf, type MaskPart } from './mask-parts.js';
import type { CellSteps, NearestParts } from './nearest-part.js';
import type { Size } from '../raster/pixel-rect.js';

/** A part with less than this share of the mass of a larger group belongs to it when it is near: strands, drops. */
const DETAIL_MASS = 0.1;
/** How near that is, as a share of the diagonal of the larger group's box. */
const DETAIL_GAP = 0.06;

/** Rounds of joining: what is farther along a row of details stays by itself. */
const MAX_ROUNDS = 32;

/** Parts of a mask that belong together. */
export interface PartGroup extends MaskPart {
  /** Indexes of the parts. */
  members: number[];
}

/** Distance between two parts that are neighbors. */
interface Gap {
  one: number;
  other: number;
  /** In shares of the picture's longer side. */
  length: number;
}

/**
 * Joins parts with the details near them, step by step, so that a row of drops belongs to the subject at its start.
 * @returns groups, the largest mass first
 */
export function groupParts(
  parts: readonly MaskPart[],
  nearest: NearestParts,
  grid: Size,
  steps: CellSteps,
): PartGroup[] {
  const roots = parts.map((_, index) => index);
  const groups = parts.map((part, index): PartGroup => ({ ...part, members: [index] }));
  const gaps = gapsBetween(nearest, grid, steps);
  for (let round = 0, hasChanged = true; hasChanged && round < MAX_ROUNDS; round += 1) {
    hasChanged = false;
    for (const { one, other, length } of gaps) {
      const [a, b] = [rootOf(roots, one), rootOf(roots, other)];
      if (a === b) continue;
      const [large, small] = inOrder(groups[a] as PartGroup, groups[b] as PartGroup);
      if (small.mass >= DETAIL_MASS * large.mass) continue;
      if (length > DETAIL_GAP * diagonalOf(large.box, steps)) continue;
      const target = large === groups[a] ? a : b;
      roots[target === a ? b : a] = target;
      merge(large, small);
      hasChanged = true;
    }
  }
  return groups.filter((_, index) => roots[index] === index).sort((a, b) => b.mass - a.mass);
}

const inOrder = (a: PartGroup, b: PartGroup): [PartGroup, PartGroup] => (a.mass >= b.mass ? [a, b] : [b, a]);

const diagonalOf = ({ width, height }: Size, { across, down }: CellSteps): number =>
  Math.hypot(width * across, height * down);

function merge(into: PartGroup, from: PartGroup): void {
  into.mass += from.mass;
  into.peak = Math.max(into.peak, from.peak);
  into.box = enclosingRect(into.box, from.box);
  for (const member of from.members) into.members.push(member);
}

/** Shortest distance between each two parts whose nearest cells are neighbors, the shortest first. */
function gapsBetween(
  { labels, distances }: NearestParts,
  { width, height }: Size,
  { across, down }: CellSteps,
): Gap[] {
  const shortest = new Map<number, Gap>();
  const compare = (cell: number, next: number, step: number): void => {
    const [a, b] = [labels[cell] as number, labels[next] as number];
    if (a === b) return;
    const [one, other] = a < b ? [a, b] : [b, a];
    const length = (distances[cell] as number) + (distances[next] as number) + step;
    const key = one * labels.length + other;
    const known = shortest.get(key);
    if (known === undefined) shortest.set(key, { one, other, length });
    else if (length < known.length) known.length = length;
  };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0, cell = y * width; x < width; x += 1, cell += 1) {
      if (x + 1 < width) compare(cell, cell + 1, across);
      if (y + 1 < height) compare(cell, cell + width, down);
    }
  }
  return [...shortest.values()].sort((a, b) => a.length - b.length);
}
