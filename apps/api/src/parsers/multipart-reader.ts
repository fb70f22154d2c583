import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { ByteCursor, type ByteSource } from './byte-cursor.js';
import { FieldName, type FormField } from './form-field.js';

const MAX_HEAD_BYTES = 8192;
const [TAB, LF, CR, SPACE, DASH] = [0x09, 0x0a, 0x0d, 0x20, 0x2d];
const [QUOTE, BACKSLASH, SEMICOLON, EQUALS] = [0x22, 0x5c, 0x3b, 0x3d];
const CRLF = Buffer.from('\r\n');
const BARE_LF = CRLF.subarray(1);
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))/gi;

const malformed = (detail?: string): Problem => new Problem('malformed-multipart', { detail });

/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1.1) as it arrives. A preamble and an epilogue are skipped, and blanks
 * may follow a boundary. Line ends are those of the first boundary: CRLF, or LF alone, which some clients send. General
 * parsers (busboy, multer, @fastify/multipart) keep pieces of the body, and file names as strings.
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
  if (more.length > 0) throw malformed('Content-Type has more than one boundary parameter.');
  return boundary;
}

class MultipartReader {
  private readonly cursor: ByteCursor;
  /** Line end and boundary before each part; the line end is that of the first boundary. */
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

  /** The bytes up to the next delimiter. */
  private async *body(): AsyncGenerator<Buffer, void> {
    for (let piece = await this.segment(); piece !== undefined; piece = await this.segment()) yield piece;
  }

  /** Skips the bytes up to the next delimiter. */
  async skipBody(): Promise<void> {
    while ((await this.segment()) !== undefined);
  }

  /** True after the last delimiter; otherwise the head of a part follows. */
  async isAtEnd(): Promise<boolean> {
    const { cursor } = this;
    if (!(await cursor.has(2))) throw malformed();
    if (cursor.block[cursor.at] === DASH && cursor.block[cursor.at + 1] === DASH) return true;
    await this.skipBlanks();
    await this.readLineEnd();
    this.isInBody = true;
    return false;
  }

  /** Reads the line end after a boundary. The first one determines all others. */
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
    // Starts with the line end before the head, so that an empty head is recognized.
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
        if (length === MAX_HEAD_BYTES) throw malformed('The head of a part is longer than 8 KiB.');
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
    if (facts === undefined) throw malformed('A part has no Content-Disposition with a name.');
    return { ...facts, name: this.name.value, kind: 'text', body: this.body() };
  }

  /** The next bytes of a body; undefined once the delimiter after it has been read. */
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

/** Index at which the rest of the block may be the start of a delimiter, which contains one line end. */
function startOfPartial({ block, at }: ByteCursor, delimiter: Buffer): number {
  const tail = Math.max(at, block.length - delimiter.length + 1);
  const from = block.subarray(tail).lastIndexOf(delimiter[0] ?? LF);
  if (from === -1) return block.length;
  const rest = block.subarray(tail + from);
  return rest.equals(delimiter.subarray(0, rest.length)) ? tail + from : block.length;
}

/** Facts from the head of a part. */
interface PartHead {
  /** True when the part has a file name, which is not read: a string cannot be wiped. */
  isFile: boolean;
}

const DISPOSITION = 'content-disposition';

/**
 * Reads the name of a part from its header lines (RFC 7578 §4.2) into `name`. Nothing else is copied, and no value becomes a
 * string. Undefined without a name.
 */
function readPartHead(head: Buffer, name: FieldName): PartHead | undefined {
  const line = dispositionLine(head);
  if (line === undefined) return undefined;
  let isNamed = false;
  let isFile = false;
  for (const { key, value } of parameters(line)) {
    if (isWord(key, 'name')) {
      name.reset();
      name.append(value);
      isNamed = true;
    }
    if (isWord(key, 'filename') || isWord(key, 'filename*')) isFile = true;
  }
  return isNamed ? { isFile } : undefined;
}

/** The bytes after `Content-Disposition:`, up to the end of that line. */
function dispositionLine(head: Buffer): Buffer | undefined {
  for (let start = 0; start < head.length;) {
    const end = head.indexOf(LF, start);
    const line = trimmed(head.subarray(start, end === -1 ? head.length : end));
    const colon = line.subarray(0, DISPOSITION.length + 1).indexOf(':');
    if (colon !== -1 && isWord(line.subarray(0, colon), DISPOSITION)) return line.subarray(colon + 1);
    if (end === -1) return undefined;
    start = end + 1;
  }
  return undefined;
}

/** `; key=value` and `; key="value"`. */
function* parameters(line: Buffer): Generator<{ key: Buffer; value: Buffer }, void> {
  let at = endOfItem(line, 0);
  while (at < line.length) {
    const end = endOfItem(line, at + 1);
    const item = line.subarray(at + 1, end);
    const equals = item.indexOf(EQUALS);
    if (equals > 0)
      yield { key: trimmed(item.subarray(0, equals)), value: unquoted(trimmed(item.subarray(equals + 1))) };
    at = end;
  }
}

/** Index of the next semicolon outside quotes, or the end. */
function endOfItem(line: Buffer, from: number): number {
  let isQuoted = false;
  for (let at = from; at < line.length; at++) {
    if (line[at] === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted && line[at] === BACKSLASH) at++;
    else if (!isQuoted && line[at] === SEMICOLON) return at;
  }
  return line.length;
}

function trimmed(bytes: Buffer): Buffer {
  const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB || byte === CR;
  let [start, end] = [0, bytes.length];
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

/** True when the bytes are this word, ignoring case. @param word in lower case */
function isWord(bytes: Buffer, word: string): boolean {
  return bytes.length === word.length && bytes.toString('latin1').toLowerCase() === word;
}

function unquoted(value: Buffer): Buffer {
  const last = value.length - 1;
  return last > 0 && value[0] === QUOTE && value[last] === QUOTE ? value.subarray(1, last) : value;
}
