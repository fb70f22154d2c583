import { crc32 } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
/** 2.0, the least there is for names in folders; nothing newer is used. */
const VERSION = 20;
/** Bit 11: names are UTF-8. */
const FLAGS = 0x0800;
const STORED = 0;
/** 1 January 1980, 0:00, the first moment the format knows: when an image was made is nobody's business. */
const TIME = 0;
const DATE = 0x0021;

const MAX_BYTES = 0xffffffff;
const MAX_ENTRIES = 0xffff;

interface Entry {
  name: Buffer;
  crc: number;
  bytes: number;
  offset: number;
}

/**
 * Writes a ZIP archive (PKWARE APPNOTE 6.3.10) whose files are stored, not compressed: images are compressed
 * already. It makes the bytes around the files only. A file's own bytes go from the caller to wherever the
 * archive goes, so that no copy of them is left in here. Below 4 GiB, without the 64-bit extension.
 */
export class ZipWriter {
  private readonly entries: Entry[] = [];
  private offset = 0;

  /**
   * The bytes before a file; the file's own must be written next.
   * @throws RangeError when the archive would reach 4 GiB or 65,535 files
   */
  head(name: string, data: Uint8Array): Buffer {
    const entry = {
      name: Buffer.from(name, 'utf8'),
      crc: crc32(data),
      bytes: data.length,
      offset: this.offset,
    };
    const head = Buffer.alloc(30);
    head.writeUInt32LE(LOCAL_HEADER, 0);
    writeFacts(head, 4, entry);
    this.entries.push(entry);
    this.offset += head.length + entry.name.length + entry.bytes;
    if (this.offset >= MAX_BYTES || this.entries.length >= MAX_ENTRIES) {
      throw new RangeError('an archive is too large for the plain format');
    }
    return Buffer.concat([head, entry.name]);
  }

  /** The bytes after the last file. */
  end(): Buffer {
    const directory = Buffer.concat(this.entries.flatMap((entry) => [directoryEntry(entry), entry.name]));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(END_OF_DIRECTORY, 0);
    end.writeUInt16LE(this.entries.length, 8);
    end.writeUInt16LE(this.entries.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(this.offset, 16);
    return Buffer.concat([directory, end]);
  }
}

/** The 26 bytes that the header before a file and its entry in the directory have in common. */
function writeFacts(into: Buffer, at: number, { name, crc, bytes }: Entry): void {
  into.writeUInt16LE(VERSION, at);
  into.writeUInt16LE(FLAGS, at + 2);
  into.writeUInt16LE(STORED, at + 4);
  into.writeUInt16LE(TIME, at + 6);
  into.writeUInt16LE(DATE, at + 8);
  into.writeUInt32LE(crc, at + 10);
  into.writeUInt32LE(bytes, at + 14);
  into.writeUInt32LE(bytes, at + 18);
  into.writeUInt16LE(name.length, at + 22);
}

function directoryEntry(entry: Entry): Buffer {
  const written = Buffer.alloc(46);
  written.writeUInt32LE(DIRECTORY_ENTRY, 0);
  written.writeUInt16LE(VERSION, 4);
  writeFacts(written, 6, entry);
  written.writeUInt32LE(entry.offset, 42);
  return written;
}
