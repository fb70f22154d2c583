import { crc32 } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';
import { LAST_BLOCK, storedBlocks } from './deflate-blocks.js';
import { directoryEntry, endOfDirectory, localHeader, type ZipEntry } from './zip-records.js';

const DESCRIPTOR = 0x08074b50;
const DESCRIPTOR_BYTES = 16;

/**
 * Writes a ZIP archive (PKWARE APPNOTE 6.3.10) without compressing: images are compressed already. It makes the
 * bytes around a file; the file's own are copied nowhere that the caller cannot wipe. An archive may pass 4 GiB and
 * 65,535 files (the 64-bit extension is then used), a file may not.
 *
 * A file that is complete: `head`, then its bytes. One that comes in pieces: `begin`, `piece` for each, `finish`; its
 * size and checksum follow it, and it is stored in blocks of Deflate, since programs that unpack while they receive
 * can find the end of nothing else. Names of files are user data: what `head`, `begin` and `end` return holds them and
 * is to be wiped by the caller, and `close` wipes the writer's own copies.
 */
export class ZipWriter {
  private readonly entries: ZipEntry[] = [];
  private offset = 0;
  private open: ZipEntry | undefined;

  /** The bytes before a file; the file's own must be written next. */
  head(name: string, data: Uint8Array): Buffer {
    const entry = this.add(name, false);
    entry.crc = crc32(data);
    entry.bytes = data.length;
    entry.packedBytes = data.length;
    const head = localHeader(entry);
    this.offset += head.length + data.length;
    return head;
  }

  /** The bytes before a file that comes in pieces. */
  begin(name: string): Buffer {
    this.open = this.add(name, true);
    const head = localHeader(this.open);
    this.offset += head.length;
    return head;
  }

  /** A piece of that file, as it is to be written; the caller's to wipe. */
  piece(plain: Uint8Array): Buffer {
    const entry = this.begun();
    entry.crc = crc32(plain, entry.crc);
    entry.bytes += plain.length;
    const packed = storedBlocks(plain);
    entry.packedBytes += packed.length;
    this.offset += packed.length;
    return packed;
  }

  /** The bytes after that file. */
  finish(): Buffer {
    const entry = this.begun();
    this.open = undefined;
    entry.packedBytes += LAST_BLOCK.length;
    const descriptor = Buffer.alloc(DESCRIPTOR_BYTES);
    descriptor.writeUInt32LE(DESCRIPTOR, 0);
    descriptor.writeUInt32LE(entry.crc, 4);
    descriptor.writeUInt32LE(entry.packedBytes, 8);
    descriptor.writeUInt32LE(entry.bytes, 12);
    this.offset += LAST_BLOCK.length + DESCRIPTOR_BYTES;
    return Buffer.concat([LAST_BLOCK, descriptor]);
  }

  /** The bytes after the last file. */
  end(): Buffer {
    const entries = this.entries.map(directoryEntry);
    const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
    const directory = Buffer.concat([
      ...entries,
      endOfDirectory({ entries: entries.length, bytes, offset: this.offset }),
    ]);
    wipe(...entries);
    return directory;
  }

  /** Wipes the names. Nothing can be written afterwards. */
  close(): void {
    wipe(...this.entries.map(({ name }) => name));
    this.entries.length = 0;
  }

  private add(name: string, isStreamed: boolean): ZipEntry {
    const entry = {
      name: Buffer.from(name, 'utf8'),
      isStreamed,
      crc: 0,
      bytes: 0,
      packedBytes: 0,
      offset: this.offset,
    };
    this.entries.push(entry);
    return entry;
  }

  private begun(): ZipEntry {
    if (this.open === undefined) throw new RangeError('no file was begun');
    return this.open;
  }
}
