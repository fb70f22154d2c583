import { ByteCursor } from './byte-cursor.js';
import type { ByteSource } from './byte-source.js';
import { FieldName, type FormField, type ValueKind } from './form-field.js';
import { malformedJson, readStringPiece } from './json-string.js';

const [OPEN, CLOSE, COLON, COMMA, QUOTE, OPEN_LIST, CLOSE_LIST, BACKSLASH] = [
  0x7b, 0x7d, 0x3a, 0x2c, 0x22, 0x5b, 0x5d, 0x5c,
];
const MAX_LITERAL_BYTES = 64;
const MAX_DEPTH = 32;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** True for a byte that numbers, `true`, `false` and `null` have. */
const isOfLiteral = (byte: number): boolean =>
  byte === 0x2b ||
  byte === 0x2d ||
  byte === 0x2e ||
  (byte >= 0x30 && byte <= 0x39) ||
  ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);

/**
 * Reads one JSON object (RFC 8259) as it arrives, member by member, as if it were a form. Values stay bytes: an image in
 * base64 may be one, and a string could not be wiped. `null`, objects and arrays have no bytes here.
 * @throws Problem `invalid-request` when it is no object | `upload-interrupted`
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

  /** The next byte that is no white space, which stays unread; undefined at the end. */
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

  /** Reads the next mark if it is this one. */
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

  /** Passes over what is left of a value. */
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

  /** The next bytes of a string, maybe none. */
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
        // Whatever else stands there does not become a string.
        if (literal.every(isOfLiteral) && LITERAL.test(literal.toString('latin1'))) return literal;
        throw malformedJson();
      }
      if (rest.length > MAX_LITERAL_BYTES || !(await cursor.more())) throw malformedJson();
    }
  }

  /** Passes over an object or array. Only its brackets and strings are looked at: nothing of it has a meaning here. */
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

/** Where in an object or array a reader is. */
class Nesting {
  private readonly closers: number[] = [];
  private isInString = false;
  private isEscaped = false;

  /** Takes the next byte. False once it closes the outermost bracket. */
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
