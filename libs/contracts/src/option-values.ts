import { MAX_SUBJECTS } from './result-hints.js';

/** A length: pixels, or percent of a size that depends on the option. */
export interface Length {
  value: number;
  unit: 'px' | '%';
}

/** Margins in the order of CSS. */
export interface Margins {
  top: Length;
  right: Length;
  bottom: Length;
  left: Length;
}

/** Two corners: percentages of the width for x, of the height for y. */
export interface Region {
  x1: Length;
  y1: Length;
  x2: Length;
  y2: Length;
}

/** A position in the remaining space: 0 at the left or top edge, 1 at the right or bottom edge. */
export interface Position {
  x: number;
  y: number;
}

/** A point of the upright image: percentages of the width for x, of the height for y. */
export interface Point {
  x: Length;
  y: Length;
}

/** Which subjects of an image to keep: all, the largest, these in the order of size (from 1), or the one at a point. */
export type SubjectChoice = 'all' | 'largest' | readonly number[] | Point;

const MAX_MARGIN = { px: 500, '%': 50 } as const;
const MIN_SCALE_PERCENT = 10;

const LENGTH = /^(\d{1,6}(?:\.\d{1,6})?)(px|%)$/;

/** `30px`, `12.5%`, or `0`. Undefined when it is neither. */
function parseLength(text: string): Length | undefined {
  if (text === '0') return { value: 0, unit: 'px' };
  const [, digits, unit] = LENGTH.exec(text) ?? [];
  return digits === undefined ? undefined : { value: Number(digits), unit: unit === '%' ? '%' : 'px' };
}

/** The lengths in a text, separated by spaces. Undefined when one of them is invalid. */
function parseLengths(text: string): Length[] | undefined {
  const lengths: Length[] = [];
  for (const word of text.trim().split(/ +/)) {
    const length = parseLength(word);
    if (length === undefined) return undefined;
    lengths.push(length);
  }
  return lengths;
}

/** Lengths for the sides of a rectangle: one for all, two (top and bottom, left and right) or four (top, right, bottom, left), each at most `max`. */
export function parseSides(text: string, max: Readonly<Record<Length['unit'], number>>): Margins | undefined {
  const lengths = parseLengths(text);
  if (lengths === undefined || lengths.some(({ value, unit }) => value > max[unit])) return undefined;
  const [top, right = top, bottom = top, left = right] = lengths;
  if (top === undefined || right === undefined || bottom === undefined || left === undefined) {
    return undefined;
  }
  return [1, 2, 4].includes(lengths.length) ? { top, right, bottom, left } : undefined;
}

/** Sides of at most 500px or 50%. Undefined for any other text. */
export const parseMargins = (text: string): Margins | undefined => parseSides(text, MAX_MARGIN);

/** `x1 y1 x2 y2`, percentages at most 100. Undefined for any other text. */
export function parseRegion(text: string): Region | undefined {
  const lengths = parseLengths(text);
  if (lengths?.length !== 4) return undefined;
  const [x1, y1, x2, y2] = lengths;
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) return undefined;
  return lengths.some(({ value, unit }) => unit === '%' && value > 100) ? undefined : { x1, y1, x2, y2 };
}

/** `10%` to `100%` of the canvas as a number up to 1, or `original`. Undefined for any other text. */
export function parseScale(text: string): number | 'original' | undefined {
  if (text === 'original') return text;
  const { value, unit } = parseLength(text) ?? { value: 0, unit: 'px' };
  return unit === '%' && value >= MIN_SCALE_PERCENT && value <= 100 ? value / 100 : undefined;
}

/** `original`, `center`, one percentage for both directions or two (x, y). Undefined for any other text. */
export function parsePosition(text: string): Position | 'original' | undefined {
  if (text === 'original') return text;
  if (text === 'center') return { x: 0.5, y: 0.5 };
  const lengths = parseLengths(text);
  const [x, y = x] = lengths ?? [];
  if (lengths === undefined || lengths.length > 2 || x === undefined || y === undefined) return undefined;
  const isShare = ({ value, unit }: Length): boolean => value === 0 || (unit === '%' && value <= 100);
  return isShare(x) && isShare(y) ? { x: x.value / 100, y: y.value / 100 } : undefined;
}

/**
 * `all`, `largest`, whole numbers from 1 to 16, or two lengths (x, y) with units, percentages at most 100. Numbers and
 * lengths are separated by a comma or spaces. Numbers without a unit are never a point. Undefined for any other text.
 */
export function parseSubject(text: string): SubjectChoice | undefined {
  if (text === 'all' || text === 'largest') return text;
  const words = text.trim().split(/ *, *| +/);
  return words.some((word) => /[a-z%]/.test(word)) ? parsePoint(words) : parseNumbers(words);
}

function parsePoint(words: readonly string[]): Point | undefined {
  const [x, y] = words.map(parseLength);
  if (words.length !== 2 || x === undefined || y === undefined) return undefined;
  return [x, y].some(({ value, unit }) => unit === '%' && value > 100) ? undefined : { x, y };
}

function parseNumbers(words: readonly string[]): number[] | undefined {
  const numbers = words.map((word) => (/^\d{1,2}$/.test(word) ? Number(word) : 0));
  return numbers.every((number) => number >= 1 && number <= MAX_SUBJECTS) ? [...new Set(numbers)] : undefined;
}
