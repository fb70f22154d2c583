import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { ByteCursor } from './byte-cursor.js';
import type { ByteSource } from './byte-source.js';
import { FieldName, type FormField } from './form-field.js';
import { readPartHead } from './multipart-head.js';

const MAX_HEAD_BYTES = 8192;
const [TAB, LF, CR, SPACE, DASH] = [0x09, 0x0a, 0x0d, 0x20, 0x2d];
const CRLF = Buffer.from('\r\n');
const BARE_LF = CRLF.subarray(1);
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))/gi;

const malformed = (detail?: string): Problem => new Problem('malformed-multipart', { detail });

/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1.1) as it arrives: a preamble and an epilogue are passed over,
 * blanks may follow a boundary. Line ends are those of the first boundary: CRLF, or LF alone, which some clients write.
 * General parsers (busboy, multer, @fastify/multipart) keep pieces of
 * the body, and file names as strings.
 * @throws Problem `malformed-multipart`, also when `contentType` has no boundary, or two | `upload-interrupted`
 */
export async function* readMultipart(
  source: ByteSource,
  contentType: string,
): AsyncGenerator<FormField, void> {
  const reader = new MultipartReader(source, boundaryOf(contentType));
  try {
    await reader.skipBody();
    while (!(await reader.isAtEnd())) {
      yield await reader.readHead();
      await reader.skipBody();
    }
    await reader.skipEpilogue();
  } finally {
    reader.close();
  }
}

function boundaryOf(contentType: string): string {
  const [found, ...more] = contentType.matchAll(BOUNDARY);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined)
    throw malformed(
      'Content-Type has no boundary parameter of 1 to 70 characters. Let your HTTP client set this header itself.',
    );
  if (more.length > 0) throw malformed('Content-Type has more than one boundary parameter');
  return boundary;
}

class MultipartReader {
  private readonly cursor: ByteCursor;
  /** What stands before each part; the line end is that of the first boundary, once that has been read. */
  private delimiter: Buffer;
  private lineEnd: Buffer = BARE_LF;
  private isFirst = true;
  private readonly head = Buffer.alloc(MAX_HEAD_BYTES);
  private readonly name = new FieldName();
  private isInBody = true;

  constructor(source: ByteSource, boundary: string) {
    this.delimiter = Buffer.from(`\n--${boundary}`, 'latin1');
    // The first delimiter may have no line end before it.
    this.cursor = new ByteCursor(source, Buffer.from(BARE_LF));
  }

  /** What is left up to the next delimiter. */
  private async *body(): AsyncGenerator<Buffer, void> {
    for (let piece = await this.segment(); piece !== undefined; piece = await this.segment()) yield piece;
  }

  /** Passes over what is left up to the next delimiter. */
  async skipBody(): Promise<void> {
    while ((await this.segment()) !== undefined);
  }

  /** True after the last delimiter; otherwise what follows is the head of a part. */
  async isAtEnd(): Promise<boolean> {
    const { cursor } = this;
    if (!(await cursor.has(2))) throw malformed();
    if (cursor.block[cursor.at] === DASH && cursor.block[cursor.at + 1] === DASH) return true;
    await this.skipBlanks();
    await this.readLineEnd();
    this.isInBody = true;
    return false;
  }

  /** Reads the line end behind a boundary. The first one says what all others are. */
  private async readLineEnd(): Promise<void> {
    const { cursor } = this;
    if (this.isFirst && cursor.block[cursor.at] === CR) {
      this.lineEnd = CRLF;
      this.delimiter = Buffer.concat([CRLF, this.delimiter.subarray(BARE_LF.length)]);
    }
    this.isFirst = false;
    const { length } = this.lineEnd;
    if (!(await cursor.has(length)) || !cursor.take(length).equals(this.lineEnd)) throw malformed();
  }

  /** Reads the head of a part. @throws Problem `malformed-multipart` without a name, or beyond 8 KiB */
  async readHead(): Promise<FormField> {
    const { cursor, head, lineEnd } = this;
    const headEnd = Buffer.concat([lineEnd, lineEnd]);
    // The line end before the head: an empty head ends at once.
    let length = lineEnd.copy(head);
    try {
      for (;;) {
        const copied = cursor.block.copy(head, length, cursor.at);
        const end = head.subarray(0, length + copied).indexOf(headEnd, Math.max(0, length - 3));
        if (end !== -1) {
          cursor.at += end + headEnd.length - length;
          length += copied;
          return this.field(head.subarray(lineEnd.length, Math.max(end, lineEnd.length)));
        }
        cursor.at += copied;
        length += copied;
        if (length === MAX_HEAD_BYTES) throw malformed('The head of a part is longer than 8 KiB');
        if (!(await cursor.more())) throw malformed();
      }
    } finally {
      wipe(head.subarray(0, length));
    }
  }

  async skipEpilogue(): Promise<void> {
    do this.cursor.at = this.cursor.block.length;
    while (await this.cursor.more());
  }

  close(): void {
    wipe(this.head);
    this.name.reset();
    this.cursor.close();
  }

  private field(head: Buffer): FormField {
    this.name.reset();
    const facts = readPartHead(head, this.name);
    if (facts === undefined) throw malformed('A part has no Content-Disposition with a name');
    return { ...facts, name: this.name.value, kind: 'text', body: this.body() };
  }

  /** The next bytes of a body; undefined once the delimiter behind it has been read. */
  private async segment(): Promise<Buffer | undefined> {
    const { cursor, delimiter } = this;
    while (this.isInBody) {
      const found = cursor.block.indexOf(delimiter, cursor.at);
      const end = found === -1 ? startOfPartial(cursor, delimiter) : found;
      const piece = cursor.take(end - cursor.at);
      if (found !== -1) {
        cursor.at += delimiter.length;
        this.isInBody = false;
      }
      if (piece.length > 0) return piece;
      if (found === -1 && !(await cursor.more())) throw malformed();
    }
    return undefined;
  }

  private async skipBlanks(): Promise<void> {
    const { cursor } = this;
    do {
      while (cursor.block[cursor.at] === SPACE || cursor.block[cursor.at] === TAB) cursor.at += 1;
    } while (cursor.left === 0 && (await cursor.more()));
  }
}

/** Index from which on the rest of the block may be the beginning of a delimiter, which has one line end. */
function startOfPartial({ block, at }: ByteCursor, delimiter: Buffer): number {
  const tail = Math.max(at, block.length - delimiter.length + 1);
  const from = block.subarray(tail).lastIndexOf(delimiter[0] ?? LF);
  if (from === -1) return block.length;
  const rest = block.subarray(tail + from);
  return rest.equals(delimiter.subarray(0, rest.length)) ? tail + from : block.length;
}
