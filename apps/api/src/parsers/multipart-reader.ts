import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { readPartHead, type PartHead } from './multipart-header.js';

/** One part of a form. Its body must be read before the next part is asked for. */
export interface Part extends PartHead {
  body: AsyncIterable<Buffer>;
}

const MAX_HEAD_BYTES = 8192;
const MAX_EPILOGUE_BYTES = 8192;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const CLOSE = Buffer.from('--');
const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))/gi;

/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1.1) as it arrives, without a file, with bounded memory, and
 * wiping what it has passed on: general parsers keep pieces of the body, and file names as strings.
 */
export class MultipartReader {
  private readonly source: AsyncIterator<Buffer>;
  private readonly delimiter: Buffer;
  /** Bytes that have arrived and are not yet passed on. The first delimiter has no line end before it. */
  private held: Buffer = Buffer.from(LINE_END);

  /** @throws Problem `malformed-multipart` when the type names no boundary, or two */
  constructor(source: AsyncIterable<Buffer>, contentType: string) {
    const [found, ...more] = contentType.matchAll(BOUNDARY);
    const boundary = found?.[1] ?? found?.[2];
    if (boundary === undefined || more.length > 0) throw new Problem('malformed-multipart');
    this.delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.source = source[Symbol.asyncIterator]();
  }

  /** The parts in their order. @throws Problem `malformed-multipart` | `upload-interrupted` */
  async *parts(): AsyncGenerator<Part, void> {
    try {
      for await (const preamble of this.upToDelimiter()) {
        if (preamble.length > 0) throw new Problem('malformed-multipart');
      }
      while (!(await this.atClose())) {
        const head = await this.head();
        const body = this.upToDelimiter();
        yield { ...head, body };
        for await (const unread of body) wipe(unread);
      }
      await this.skipEpilogue();
    } finally {
      wipe(this.held);
    }
  }

  /** Bytes until the next delimiter, which is taken away. */
  private async *upToDelimiter(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const at = this.held.indexOf(this.delimiter);
      if (at !== -1) {
        if (at > 0) yield this.held.subarray(0, at);
        this.held = this.held.subarray(at + this.delimiter.length);
        return;
      }
      const sure = this.held.length - this.delimiter.length + 1;
      if (sure > 0) {
        const passed = this.held.subarray(0, sure);
        this.held = this.held.subarray(sure);
        yield passed;
      }
      await this.more();
    }
  }

  /** True after the last delimiter; otherwise what follows is the head of a part. */
  private async atClose(): Promise<boolean> {
    while (this.held.length < 2) await this.more();
    const next = this.held.subarray(0, 2);
    const isClose = next.equals(CLOSE);
    if (!isClose && !next.equals(LINE_END)) throw new Problem('malformed-multipart');
    // The line end stays: an empty head is then an end of head at once.
    if (isClose) this.held = this.held.subarray(2);
    return isClose;
  }

  private async head(): Promise<PartHead> {
    let end = this.held.indexOf(HEAD_END);
    while (end === -1) {
      if (this.held.length > MAX_HEAD_BYTES) throw new Problem('malformed-multipart');
      await this.more();
      end = this.held.indexOf(HEAD_END);
    }
    if (end > MAX_HEAD_BYTES) throw new Problem('malformed-multipart');
    const bytes = this.held.subarray(0, end);
    const head = readPartHead(bytes);
    wipe(bytes);
    this.held = this.held.subarray(end + HEAD_END.length);
    if (head === undefined) throw new Problem('malformed-multipart');
    return head;
  }

  private async skipEpilogue(): Promise<void> {
    let left = MAX_EPILOGUE_BYTES - this.held.length;
    for (let next = await this.next(); next !== undefined && left > 0; next = await this.next()) {
      left -= next.length;
      wipe(next);
    }
    if (left < 0) throw new Problem('malformed-multipart');
  }

  /** Adds what arrives next. @throws Problem `malformed-multipart` when nothing does */
  private async more(): Promise<void> {
    const arrived = await this.next();
    if (arrived === undefined) throw new Problem('malformed-multipart');
    const joined = Buffer.allocUnsafeSlow(this.held.length + arrived.length);
    this.held.copy(joined);
    arrived.copy(joined, this.held.length);
    wipe(this.held, arrived);
    this.held = joined;
  }

  private async next(): Promise<Buffer | undefined> {
    try {
      const result = await this.source.next();
      return result.done === true ? undefined : result.value;
    } catch {
      throw new Problem('upload-interrupted');
    }
  }
}
