import { Problem } from '#contracts/problem-catalog.js';
import type { ByteCursor } from './byte-cursor.js';

/** What was read of a string in one go. */
export interface StringPiece {
  /** What it stands for, in UTF-8. */
  bytes: Buffer;
  /** The closing quote has been read. */
  isLast: boolean;
}

const [QUOTE, BACKSLASH, LETTER_U, FIRST_PRINTABLE] = [0x22, 0x5c, 0x75, 0x20];
const UNIT_BYTES = 6;

/** Escapes of two characters (RFC 8259 §7), by the second one. */
const SHORT = new Uint8Array(256);
for (const [letter, character] of Object.entries({
  '"': 34,
  '\\': 92,
  '/': 47,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
}))
  SHORT[letter.charCodeAt(0)] = character;

/** The body cannot be read as one JSON object. */
export const malformedJson = (): Problem =>
  new Problem('invalid-request', { detail: 'The body is not one JSON object' });

/**
 * Reads the inside of a JSON string up to its closing quote or the end of the block, and puts what it stands for over
 * it: no escape is shorter than its character. An escape that is cut off at the end is not read.
 * @throws Problem `invalid-request` for what RFC 8259 does not allow, and for half a surrogate pair
 */
export function readStringPiece(cursor: ByteCursor): StringPiece {
  const { block, at: start } = cursor;
  let [at, written, isLast] = [start, start, false];
  while (at < block.length) {
    const byte = block[at] ?? 0;
    if (byte === QUOTE) {
      isLast = true;
      at += 1;
      break;
    }
    if (byte < FIRST_PRINTABLE) throw malformedJson();
    if (byte !== BACKSLASH) {
      block[written++] = byte;
      at += 1;
      continue;
    }
    const length = escapeLength(block, at);
    if (length === undefined) break;
    written = writeCharacter(block, { at, length, written });
    at += length;
  }
  cursor.at = at;
  return { bytes: block.subarray(start, written), isLast };
}

/** Bytes of the escape at `at`; undefined when it is not all there. */
function escapeLength(block: Buffer, at: number): number | undefined {
  if (at + 1 === block.length) return undefined;
  if (block[at + 1] !== LETTER_U) return 2;
  const unit = unitAt(block, at);
  if (unit === undefined) return undefined;
  if (unit < 0xd800 || unit > 0xdbff) return UNIT_BYTES;
  return unitAt(block, at + UNIT_BYTES) === undefined ? undefined : 2 * UNIT_BYTES;
}

function writeCharacter(
  block: Buffer,
  { at, length, written }: { at: number; length: number; written: number },
): number {
  if (length > 2) return writeUtf8(block, written, codePointAt(block, at, length));
  const character = SHORT[block[at + 1] ?? 0] ?? 0;
  if (character === 0) throw malformedJson();
  block[written] = character;
  return written + 1;
}

function codePointAt(block: Buffer, at: number, length: number): number {
  const unit = unitAt(block, at) ?? 0;
  if (length === UNIT_BYTES) {
    if (unit >= 0xdc00 && unit <= 0xdfff) throw malformedJson();
    return unit;
  }
  const low = unitAt(block, at + UNIT_BYTES) ?? 0;
  if (low < 0xdc00 || low > 0xdfff) throw malformedJson();
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

function writeUtf8(block: Buffer, at: number, point: number): number {
  let next = at;
  const tail = (shift: number): number => (block[next++] = 0x80 | ((point >> shift) & 0x3f));
  if (point < 0x80) block[next++] = point;
  else if (point < 0x800) block[next++] = 0xc0 | (point >> 6);
  else if (point < 0x10000) block[next++] = 0xe0 | (point >> 12);
  else block[next++] = 0xf0 | (point >> 18);
  if (point >= 0x10000) tail(12);
  if (point >= 0x800) tail(6);
  if (point >= 0x80) tail(0);
  return next;
}

/** The UTF-16 unit of `\uXXXX` at `from`; undefined when it is not all there. */
function unitAt(block: Buffer, from: number): number | undefined {
  let unit = 0;
  for (let i = 0; i < UNIT_BYTES; i++) {
    const byte = block[from + i];
    if (byte === undefined) return undefined;
    if (i > 1) unit = (unit << 4) | hexDigit(byte);
    else if (byte !== (i === 0 ? BACKSLASH : LETTER_U)) throw malformedJson();
  }
  return unit;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  throw malformedJson();
}
