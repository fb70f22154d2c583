import { Problem } from '#contracts/problem.catalogue.js';

/** What was read of a JSON string so far. */
export interface Unescaped {
  /** Bytes that were read, the closing quote among them. */
  used: number;
  /** Bytes that they stand for, in UTF-8, now at the beginning of the same memory. */
  written: number;
  closed: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const FIRST_PRINTABLE = 0x20;
const UNIT_BYTES = 6;

/** Escapes of two characters (RFC 8259 §7), by the second one. */
const SHORT: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 }).map(
    ([letter, character]) => [letter.charCodeAt(0), character],
  ),
);

/** The body cannot be read as one flat JSON object. */
export const malformedJson = (): Problem =>
  new Problem('invalid-request', { detail: 'The body is not one flat JSON object' });

/**
 * Reads the inside of a JSON string up to its closing quote or the end of `bytes`, and puts what it stands for over it:
 * no escape is shorter than its character. An escape that is cut off at the end is not used.
 * @throws Problem `invalid-request` for what RFC 8259 does not allow, and for half a surrogate pair
 */
export function unescapeInPlace(bytes: Buffer): Unescaped {
  let [used, written] = [0, 0];
  while (used < bytes.length) {
    const byte = bytes[used] ?? 0;
    if (byte === QUOTE) return { used: used + 1, written, closed: true };
    if (byte < FIRST_PRINTABLE) throw malformedJson();
    if (byte !== BACKSLASH) {
      bytes[written++] = byte;
      used += 1;
      continue;
    }
    const escape = escapeAt(bytes, used);
    if (escape === undefined) break;
    if (escape.character < 0x80) bytes[written++] = escape.character;
    else written += bytes.write(String.fromCodePoint(escape.character), written);
    used += escape.length;
  }
  return { used, written, closed: false };
}

/** The escape that begins at `from`; undefined when it is not all there. */
function escapeAt(bytes: Buffer, from: number): { length: number; character: number } | undefined {
  const kind = bytes[from + 1];
  if (kind === undefined) return undefined;
  if (kind !== LETTER_U) {
    const character = SHORT.get(kind);
    if (character === undefined) throw malformedJson();
    return { length: 2, character };
  }
  const unit = unitAt(bytes, from);
  if (unit === undefined) return undefined;
  if (unit < 0xd800 || unit > 0xdfff) return { length: UNIT_BYTES, character: unit };
  const low = unit < 0xdc00 ? unitAt(bytes, from + UNIT_BYTES) : 0;
  if (low === undefined) return undefined;
  if (low < 0xdc00 || low > 0xdfff) throw malformedJson();
  return { length: 2 * UNIT_BYTES, character: 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) };
}

/** The UTF-16 unit of `\uXXXX` at `from`; undefined when it is not all there. */
function unitAt(bytes: Buffer, from: number): number | undefined {
  const text = bytes.toString('latin1', from, from + UNIT_BYTES);
  if (!/^(?:\\(?:u[0-9a-f]{0,4})?)?$/i.test(text)) throw malformedJson();
  return text.length < UNIT_BYTES ? undefined : parseInt(text.slice(2), 16);
}
