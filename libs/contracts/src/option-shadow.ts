import type { Length } from './option-values.js';

/** An offset in two directions. */
export interface Offset {
  x: Length;
  y: Length;
}

type Limits = Readonly<Record<Length['unit'], number>>;

const MAX_SHADOW: Limits = { px: 500, '%': 25 };
const MAX_REFLECTION: Limits = { px: 9999, '%': 100 };
const SIGNED = /^(-?\d{1,4}(?:\.\d{1,4})?)(px|%)$/;

function signedLength(text: string, max = MAX_SHADOW): Length | undefined {
  if (text === '0') return { value: 0, unit: 'px' };
  const [, digits, name] = SIGNED.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const unit = name === '%' ? '%' : 'px';
  const value = Number(digits);
  return Math.abs(value) <= max[unit] ? { value, unit } : undefined;
}

/** A length that is not negative, at most 500px or 25%. Undefined for any other text. */
export const parseBlur = (text: string): Length | undefined => positiveLength(text, MAX_SHADOW);

/** Width of an outline; the same lengths. */
export const parseOutline = parseBlur;

/** Distance of a reflection from the subject; the same lengths. */
export const parseReflectionOffset = parseBlur;

/** Length of a reflection, at most 9999px or 100%. Undefined for any other text. */
export const parseReflectionLength = (text: string): Length | undefined =>
  positiveLength(text, MAX_REFLECTION);

function positiveLength(text: string, max: Limits): Length | undefined {
  const length = signedLength(text.trim(), max);
  return length === undefined || length.value < 0 ? undefined : length;
}

/** Two lengths from -500px to 500px or -25% to 25%. Undefined for any other text. */
export function parseOffset(text: string): Offset | undefined {
  const [x, y, ...others] = text
    .trim()
    .split(/[ ,]+/)
    .map((word) => signedLength(word));
  return x === undefined || y === undefined || others.length > 0 ? undefined : { x, y };
}
