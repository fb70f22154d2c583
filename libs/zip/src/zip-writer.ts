/** Instead of archiver or yazl, which copy file names and contents into buffers that the caller cannot wipe. */
import { crc32 } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';
import {
  concat,
  dataDescriptor,
  directoryEntry,
  endOfDirectory,
  localHeader,
  type ZipEntry,
} from './zip-records.js';

const MAX_BLOCK_BYTES = 0xffff;
/** Bytes before the data of a stored block: its type, its length, and the complement of the length. */
const BLOCK_HEADER_BYTES = 5;
/** An empty stored block that ends a Deflate stream. */
const LAST_BLOCK: Readonly<Buffer> = Buffer.from([1, 0, 0, 0xff, 0xff]);

/**
 * Writes a ZIP archive (PKWARE APPNOTE 6.3.10) without compression, because images are already compressed. The archive may
 * exceed 4 GiB and 65,535 files (64-bit extension); a single file may not exceed 4 GiB.
 *
 * A complete file: `head`, then its bytes. A streamed file: `begin`, `piece` for each chunk, `finish`; its checksum and
 * size follow it. It is stored as Deflate blocks, so that programs that unpack while they receive can find its end.
 * File names are user data: the caller wipes what `head`, `begin` and `end` return, and `close` wipes the writer's own
 * copies.
 */
export class ZipWriter {
  private readonly entries: ZipEntry[] = [];
  private offset = 0;
  private open: ZipEntry | undefined;
  /** Date of all files. */
  private readonly at = new Date();

  /** The bytes before a complete file. The caller writes `data` next. */
  head(name: string, data: Uint8Array): Buffer {
    const entry = this.add(name, false);
    entry.crc = crc32(data);
    entry.bytes = data.length;
    entry.packedBytes = data.length;
    const head = localHeader(entry);
    this.offset += head.length + data.length;
    return asBuffer(head);
  }

  /** The bytes before a streamed file. */
  begin(name: string): Buffer {
    this.open = this.add(name, true);
    const head = localHeader(this.open);
    this.offset += head.length;
    return asBuffer(head);
  }

  /** Packs a chunk of the open file. The caller wipes the result. @throws RangeError if no file is open */
  piece(plain: Uint8Array): Buffer {
    const entry = this.openEntry();
    entry.crc = crc32(plain, entry.crc);
    entry.bytes += plain.length;
    const packed = storedBlocks(plain);
    entry.packedBytes += packed.length;
    this.offset += packed.length;
    return packed;
  }

  /** The bytes after a streamed file. @throws RangeError if no file is open */
  finish(): Buffer {
    const entry = this.openEntry();
    this.open = undefined;
    entry.packedBytes += LAST_BLOCK.length;
    const tail = concat([LAST_BLOCK, dataDescriptor(entry)]);
    this.offset += tail.length;
    return asBuffer(tail);
  }

  /** The bytes after the last file: the central directory. */
  end(): Buffer {
    const entries = this.entries.map(directoryEntry);
    const bytes = entries.reduce((sum, { length }) => sum + length, 0);
    const end = endOfDirectory({ entries: entries.length, bytes, offset: this.offset });
    const directory = concat([...entries, end]);
    wipe(...entries);
    return asBuffer(directory);
  }

  /** Wipes the file names. The writer cannot be used afterwards. */
  close(): void {
    wipe(...this.entries.map(({ name }) => name));
    this.entries.length = 0;
  }

  private add(name: string, isStreamed: boolean): ZipEntry {
    const entry: ZipEntry = {
      ...{ name: Buffer.from(name, 'utf8'), isStreamed, at: this.at, offset: this.offset },
      ...{ crc: 0, bytes: 0, packedBytes: 0 },
    };
    this.entries.push(entry);
    return entry;
  }

  private openEntry(): ZipEntry {
    if (this.open === undefined) throw new RangeError('no file is open');
    return this.open;
  }
}

/** The same memory as a Buffer. */
const asBuffer = ({ buffer }: Uint8Array<ArrayBuffer>): Buffer => Buffer.from(buffer);

/** Stored blocks of a Deflate stream (RFC 1951 §3.2.4), none of them the last. A new buffer, which the caller wipes. */
function storedBlocks(plain: Uint8Array): Buffer {
  const blocks = Math.ceil(plain.length / MAX_BLOCK_BYTES);
  const packed = Buffer.allocUnsafeSlow(plain.length + blocks * BLOCK_HEADER_BYTES);
  for (let from = 0, to = 0; from < plain.length; from += MAX_BLOCK_BYTES) {
    const bytes = Math.min(MAX_BLOCK_BYTES, plain.length - from);
    packed.writeUInt8(0, to);
    packed.writeUInt16LE(bytes, to + 1);
    packed.writeUInt16LE(bytes ^ 0xffff, to + 3);
    packed.set(plain.subarray(from, from + bytes), to + BLOCK_HEADER_BYTES);
    to += BLOCK_HEADER_BYTES + bytes;
  }
  return packed;
}
