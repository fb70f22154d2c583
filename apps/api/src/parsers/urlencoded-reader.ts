import { Problem } from '#contracts/problem-catalog.js';
import { ByteCursor, type ByteSource } from './byte-cursor.js';
import { FieldName, type FormField } from './form-field.js';

const [AMPERSAND, EQUALS, PERCENT, PLUS, SPACE] = [0x26, 0x3d, 0x25, 0x2b, 0x20];

const malformed = (): Problem =>
  new Problem('invalid-request', { detail: 'The body is not valid application/x-www-form-urlencoded.' });

/**
 * Reads `application/x-www-form-urlencoded` (WHATWG URL §5.1) as it arrives, field by field. Values stay bytes:
 * `URLSearchParams` would make strings, which cannot be wiped. Fields without a name are skipped.
 * @param keepsPlus true for fields in which a `+` is literal: clients forget to escape it in base64
 * @throws Problem `invalid-request` when it is not such a form | `upload-interrupted`
 */
export async function* readUrlencoded(
  source: ByteSource,
  keepsPlus: (name: Buffer) => boolean = () => false,
): AsyncGenerator<FormField, void> {
  const reader = new UrlencodedReader(source);
  try {
    while (await reader.skipNameless()) {
      const name = await reader.readName();
      const body = reader.value(keepsPlus(name));
      yield { name, isFile: false, kind: 'text', body };
      await reader.skipValue();
    }
  } finally {
    reader.close();
  }
}

class UrlencodedReader {
  private readonly cursor: ByteCursor;
  private readonly name = new FieldName();
  private isInValue = false;

  constructor(source: ByteSource) {
    this.cursor = new ByteCursor(source);
  }

  /** Skips separators, and values without a name. False at the end of the form. */
  async skipNameless(): Promise<boolean> {
    const { cursor } = this;
    let isInValue = false;
    do {
      const { block } = cursor;
      let { at } = cursor;
      for (; at < block.length; at++) {
        if (block[at] === AMPERSAND) isInValue = false;
        else if (block[at] === EQUALS) isInValue = true;
        else if (!isInValue) break;
      }
      cursor.at = at;
    } while (cursor.left === 0 && (await cursor.more()));
    return cursor.left > 0;
  }

  async readName(): Promise<Buffer> {
    const { cursor, name } = this;
    name.reset();
    for (;;) {
      name.append(this.decode(EQUALS, false));
      if (this.isAt(EQUALS) || this.isAt(AMPERSAND)) break;
      if (!(await this.more())) break;
    }
    if (this.isAt(EQUALS)) cursor.at += 1;
    this.isInValue = true;
    return name.value;
  }

  async *value(keepsPlus: boolean): AsyncGenerator<Buffer, void> {
    while (this.isInValue) {
      const piece = this.decode(AMPERSAND, keepsPlus);
      if (piece.length > 0) yield piece;
      if (this.isAt(AMPERSAND) || !(await this.more())) this.isInValue = false;
    }
  }

  async skipValue(): Promise<void> {
    while (this.isInValue) {
      this.decode(AMPERSAND, true);
      if (this.isAt(AMPERSAND) || !(await this.more())) this.isInValue = false;
    }
  }

  close(): void {
    this.name.reset();
    this.cursor.close();
  }

  private isAt(mark: number): boolean {
    return this.cursor.block[this.cursor.at] === mark;
  }

  /** @throws Problem `invalid-request` when the form ends within an escape */
  private async more(): Promise<boolean> {
    const isMore = await this.cursor.more();
    if (!isMore && this.cursor.left > 0) throw malformed();
    return isMore;
  }

  /** Reads up to `end` or `&`, and unescapes in place. An incomplete escape at the end is not read. */
  private decode(end: number, keepsPlus: boolean): Buffer {
    const { block, at: start } = this.cursor;
    let [at, written] = [start, start];
    for (; at < block.length; at++) {
      const byte = block[at] ?? 0;
      if (byte === end || byte === AMPERSAND) break;
      if (byte === PERCENT) {
        if (at + 3 > block.length) break;
        block[written++] = (hexDigit(block[at + 1]) << 4) | hexDigit(block[at + 2]);
        at += 2;
      } else block[written++] = byte === PLUS && !keepsPlus ? SPACE : byte;
    }
    this.cursor.at = at;
    return block.subarray(start, written);
  }
}

function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  throw malformed();
}
