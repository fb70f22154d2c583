import { parseSides, type Length, type Margins } from './option-values.js';

/** Longest side of a result that a request may name, pixels. */
export const MAX_OUTPUT_SIDE = 10_000;

/** The size of a result: pixels, or a side that follows from the other; the size of the image or of the subject. */
export type OutputSize =
  { width: number; height: number } | { width: number } | { height: number } | 'original' | 'subject';

/** A direction of a subject in its space: 0 left or top, 0.5 center, 1 right or bottom; undefined follows cut sides. */
export interface Alignment {
  x: number | undefined;
  y: number | undefined;
}

const SIDE = '(\\d{1,5}|auto)';
const SIZE = new RegExp(`^${SIDE}x${SIDE}$`);

const MAX_PADDING = { px: MAX_OUTPUT_SIDE, '%': 49 } as const;

/** `2000x1500`, `2000xauto`, `autox1500`, `original` or `subject`. Undefined for any other text. */
export function parseOutputSize(text: string): OutputSize | undefined {
  if (text === 'original' || text === 'subject') return text;
  const [, across, down] = SIZE.exec(text) ?? [];
  if (across === undefined || down === undefined) return undefined;
  const sides = [across, down].filter((side) => side !== 'auto').map(Number);
  if (sides.length === 0 || sides.some((side) => side < 1 || side > MAX_OUTPUT_SIDE)) return undefined;
  return {
    ...(across !== 'auto' && { width: Number(across) }),
    ...(down !== 'auto' && { height: Number(down) }),
  } as OutputSize;
}

/** Sides of at most 10000px or 49%. Undefined for any other text. */
export const parsePadding = (text: string): Margins | undefined => parseSides(text, MAX_PADDING);

const percentOf = ({ value, unit }: Length): number => (unit === '%' ? value : 0);

/** True if the percentages of padding and margin leave a part of each side to the subject. */
export function leavesRoom(padding: string, margin: string): boolean {
  const [inner, outer] = [parsePadding(padding), parsePadding(margin)];
  if (inner === undefined || outer === undefined) return true;
  const sum = (sides: readonly (keyof Margins)[]): number =>
    sides.reduce((all, side) => all + percentOf(inner[side]) + percentOf(outer[side]), 0);
  return sum(['left', 'right']) < 99 && sum(['top', 'bottom']) < 99;
}

const ACROSS: ReadonlyMap<string, number> = new Map([
  ['left', 0],
  ['right', 1],
]);
const DOWN: ReadonlyMap<string, number> = new Map([
  ['top', 0],
  ['bottom', 1],
]);

/** `auto`, `center`, one side, or one of each direction in any order. Undefined for any other text. */
export function parseAlign(text: string): Alignment | undefined {
  if (text === 'auto') return { x: undefined, y: undefined };
  const words = text.trim().split(/[ ,]+/);
  const sideOf = (sides: ReadonlyMap<string, number>): string[] => words.filter((word) => sides.has(word));
  const [across, down] = [sideOf(ACROSS), sideOf(DOWN)];
  const centers = words.filter((word) => word === 'center').length;
  const isKnown = across.length + down.length + centers === words.length;
  if (!isKnown || words.length > 2 || across.length > 1 || down.length > 1) return undefined;
  const other = centers > 0 ? 0.5 : undefined;
  return { x: ACROSS.get(across[0] ?? '') ?? other, y: DOWN.get(down[0] ?? '') ?? other };
}
