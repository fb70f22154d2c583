import { Problem } from '#contracts/problem-catalog.js';
import { ByteCursor, type ByteSource } from './byte-cursor.js';
import { FieldName, type FormField, type ValueKind } from './form-field.js';

const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COLON, COMMA] = [0x7b, 0x7d, 0x5b, 0x5d, 0x3a, 0x2c];
const [QUOTE, BACKSLASH, LETTER_U, FIRST_PRINTABLE] = [0x22, 0x5c, 0x75, 0x20];
const MAX_LITERAL_BYTES = 64;
const MAX_DEPTH = 32;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** True for bytes of numbers, `true`, `false` and `null`. */
const isOfLiteral = (byte: number): boolean =>
  byte === 0x2b ||
  byte === 0x2d ||
  byte === 0x2e ||
  (byte >= 0x30 && byte <= 0x39) ||
  ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);

/**
 * Reads one JSON object (RFC 8259) as it arrives, member by member, as a form. Values stay bytes: `JSON.parse` would make a
 * string of an image in base64, which cannot be wiped. `null`, objects and arrays have an empty value.
 * @throws Problem `invalid-request` when it is not an object | `upload-interrupted`
 */
export async function* readJson(source: ByteSource): AsyncGenerator<FormField, void> {
  const reader = new JsonReader(source);
  try {
    await reader.expect(OPEN);
    let isLast = await reader.skipMark(CLOSE);
    while (!isLast) {
      yield await reader.readMember();
      await reader.skipValue();
      isLast = !(await reader.skipMark(COMMA));
      if (isLast) await reader.expect(CLOSE);
    }
    if ((await reader.nextMark()) !== undefined) throw malformedJson();
  } finally {
    reader.close();
  }
}

class JsonReader {
  private readonly cursor: ByteCursor;
  private readonly name = new FieldName();
  private isInString = false;

  constructor(source: ByteSource) {
    this.cursor = new ByteCursor(source);
  }

  /** The next byte that is not white space, which stays unread; undefined at the end. */
  async nextMark(): Promise<number | undefined> {
    const { cursor } = this;
    do {
      const { block } = cursor;
      let { at } = cursor;
      while (at < block.length && isSpace(block[at])) at += 1;
      cursor.at = at;
    } while (cursor.left === 0 && (await cursor.more()));
    return cursor.block[cursor.at];
  }

  /** Reads the next byte if it is `mark`. */
  async skipMark(mark: number): Promise<boolean> {
    if ((await this.nextMark()) !== mark) return false;
    this.cursor.at += 1;
    return true;
  }

  async expect(mark: number): Promise<void> {
    if (!(await this.skipMark(mark))) throw malformedJson();
  }

  async readMember(): Promise<FormField> {
    const name = await this.readName();
    await this.expect(COLON);
    const first = await this.nextMark();
    if (first === QUOTE) {
      this.cursor.at += 1;
      this.isInString = true;
      return this.field(name, 'text', this.stringBody());
    }
    if (first === OPEN || first === OPEN_LIST) {
      await this.skipNested();
      return this.field(name, 'nested', bodyOf());
    }
    const literal = await this.readLiteral();
    const isNull = literal.toString('latin1') === 'null';
    return isNull ? this.field(name, 'null', bodyOf()) : this.field(name, 'literal', bodyOf(literal));
  }

  /** Skips the rest of a value. */
  async skipValue(): Promise<void> {
    while (this.isInString) await this.stringPiece();
  }

  close(): void {
    this.name.reset();
    this.cursor.close();
  }

  private field(name: Buffer, kind: ValueKind, body: AsyncIterable<Buffer>): FormField {
    return { name, isFile: false, kind, body };
  }

  private async readName(): Promise<Buffer> {
    await this.expect(QUOTE);
    this.name.reset();
    this.isInString = true;
    for await (const piece of this.stringBody()) this.name.append(piece);
    return this.name.value;
  }

  private async *stringBody(): AsyncGenerator<Buffer, void> {
    while (this.isInString) {
      const piece = await this.stringPiece();
      if (piece.length > 0) yield piece;
    }
  }

  /** The next bytes of a string; empty at its end. */
  private async stringPiece(): Promise<Buffer> {
    const { cursor } = this;
    for (;;) {
      const { bytes, isLast } = readStringPiece(cursor);
      this.isInString = !isLast;
      if (isLast || bytes.length > 0) return bytes;
      if (!(await cursor.more())) throw malformedJson();
    }
  }

  private async readLiteral(): Promise<Buffer> {
    const { cursor } = this;
    const isEnd = (byte: number): boolean => byte === COMMA || byte === CLOSE || isSpace(byte);
    for (;;) {
      const rest = cursor.block.subarray(cursor.at, cursor.at + MAX_LITERAL_BYTES + 1);
      const end = rest.findIndex(isEnd);
      if (end !== -1) {
        const literal = cursor.take(end);
        // Other bytes do not become a string.
        if (literal.every(isOfLiteral) && LITERAL.test(literal.toString('latin1'))) return literal;
        throw malformedJson();
      }
      if (rest.length > MAX_LITERAL_BYTES || !(await cursor.more())) throw malformedJson();
    }
  }

  /** Skips an object or array. Only its brackets and strings are parsed. */
  private async skipNested(): Promise<void> {
    const { cursor } = this;
    const nesting = new Nesting();
    do {
      const { block } = cursor;
      while (cursor.at < block.length) if (!nesting.isOpenAfter(block[cursor.at++] ?? 0)) return;
    } while (await cursor.more());
    throw malformedJson();
  }
}

/** Nesting of brackets and strings in a skipped value. */
class Nesting {
  private readonly closers: number[] = [];
  private isInString = false;
  private isEscaped = false;

  /** Reads the next byte. False when it closes the outermost bracket. */
  isOpenAfter(byte: number): boolean {
    if (this.isInString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (byte === BACKSLASH) this.isEscaped = true;
      else if (byte === QUOTE) this.isInString = false;
    } else if (byte === QUOTE) this.isInString = true;
    else if (byte === OPEN || byte === OPEN_LIST) this.open(byte === OPEN ? CLOSE : CLOSE_LIST);
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      if (this.closers.pop() !== byte) throw malformedJson();
      return this.closers.length > 0;
    }
    return true;
  }

  private open(closer: number): void {
    if (this.closers.push(closer) > MAX_DEPTH) throw malformedJson();
  }
}

async function* bodyOf(bytes?: Buffer): AsyncGenerator<Buffer, void> {
  if (bytes !== undefined) yield bytes;
}

/** A part of a string. */
interface StringPiece {
  /** The unescaped text, in UTF-8. */
  bytes: Buffer;
  /** True when the closing quote has been read. */
  isLast: boolean;
}

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

/** The problem of a body that is not one JSON object. */
const malformedJson = (): Problem =>
  new Problem('invalid-request', { detail: 'The body is not one JSON object.' });

/**
 * Reads a JSON string up to its closing quote or the end of the block, and unescapes it in place: no escape is shorter than
 * its character. An incomplete escape at the end is not read.
 * @throws Problem `invalid-request` for a string that RFC 8259 does not allow, and for an unpaired surrogate
 */
function readStringPiece(cursor: ByteCursor): StringPiece {
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

/** Length of the escape at `at` in bytes; undefined when it is incomplete. */
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

/** The UTF-16 code unit of `\uXXXX` at `from`; undefined when it is incomplete. */
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
