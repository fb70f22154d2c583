import type { Length } from './option-values.js';

/** An offset in two directions. */
export interface Offset {
  x: Length;
  y: Length;
}

const MAX_SHADOW = { px: 500, '%': 25 } as const;
const SIGNED = /^(-?\d{1,4}(?:\.\d{1,4})?)(px|%)$/;

function signedLength(text: string): Length | undefined {
  if (text === '0') return { value: 0, unit: 'px' };
  const [, digits, name] = SIGNED.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const unit = name === '%' ? '%' : 'px';
  const value = Number(digits);
  return Math.abs(value) <= MAX_SHADOW[unit] ? { value, unit } : undefined;
}

/** A length that is not negative, at most 500px or 25%. Undefined for any other text. */
export function parseBlur(text: string): Length | undefined {
  const length = signedLength(text.trim());
  return length === undefined || length.value < 0 ? undefined : length;
}

/** Two lengths from -500px to 500px or -25% to 25%. Undefined for any other text. */
export function parseOffset(text: string): Offset | undefined {
  const [x, y, ...others] = text.trim().split(/[ ,]+/).map(signedLength);
  return x === undefined || y === undefined || others.length > 0 ? undefined : { x, y };
}
