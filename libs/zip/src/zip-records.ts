const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const EXTRA_64 = 0x0001;
/** 2.0, the least there is for names in folders and for Deflate. */
const VERSION = 20;
/** 4.5, the least there is for the 64-bit extension. */
const VERSION_64 = 45;
/** Bit 11: names are UTF-8. */
const UTF8 = 0x0800;
/** Bit 3: checksum and sizes follow the file. */
const DESCRIBED_AFTER = 0x0008;
const STORED = 0;
const DEFLATED = 8;
/** 1 January 1980, 0:00, the first moment the format knows: when an image was made is nobody's business. */
const TIME = 0;
const DATE = 0x0021;

const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;

/** A file of an archive. Offset in bytes from the archive's beginning. */
export interface ZipEntry {
  name: Buffer;
  /** Its bytes came in pieces: checksum and sizes stand after it. */
  isStreamed: boolean;
  crc: number;
  bytes: number;
  /** What it takes in the archive. */
  packedBytes: number;
  offset: number;
}

/** The header before a file (APPNOTE §4.3.7). */
export function localHeader(entry: ZipEntry): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(LOCAL_HEADER, 0);
  writeFacts(head, 4, entry);
  return Buffer.concat([head, entry.name]);
}

/** A file's entry in the directory (§4.3.12); an offset beyond 4 GiB stands in an extra field (§4.5.3). */
export function directoryEntry(entry: ZipEntry): Buffer {
  const isFar = entry.offset >= MAX_32;
  const extra = Buffer.alloc(isFar ? 12 : 0);
  const written = Buffer.alloc(46);
  written.writeUInt32LE(DIRECTORY_ENTRY, 0);
  written.writeUInt16LE(isFar ? VERSION_64 : VERSION, 4);
  writeFacts(written, 6, entry);
  if (isFar) {
    written.writeUInt16LE(VERSION_64, 6);
    extra.writeUInt16LE(EXTRA_64, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(entry.offset), 4);
  }
  written.writeUInt16LE(extra.length, 30);
  written.writeUInt32LE(Math.min(entry.offset, MAX_32), 42);
  return Buffer.concat([written, entry.name, extra]);
}

/** Where the directory is, and how large. */
interface Directory {
  entries: number;
  bytes: number;
  offset: number;
}

/** What ends an archive (§4.3.16), after its 64-bit form (§4.3.14, §4.3.15) where a number is too large. */
export function endOfDirectory({ entries, bytes, offset }: Directory): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(Math.min(entries, MAX_16), 8);
  end.writeUInt16LE(Math.min(entries, MAX_16), 10);
  end.writeUInt32LE(Math.min(bytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  const isSmall = entries < MAX_16 && bytes < MAX_32 && offset < MAX_32;
  return isSmall ? end : Buffer.concat([endOfDirectory64({ entries, bytes, offset }), end]);
}

function endOfDirectory64({ entries, bytes, offset }: Directory): Buffer {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(END_OF_DIRECTORY_64, 0);
  end.writeBigUInt64LE(BigInt(end.length - 12), 4);
  end.writeUInt16LE(VERSION_64, 12);
  end.writeUInt16LE(VERSION_64, 14);
  end.writeBigUInt64LE(BigInt(entries), 24);
  end.writeBigUInt64LE(BigInt(entries), 32);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(LOCATOR_64, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end, locator]);
}

/** The 26 bytes that the header before a file and its entry in the directory have in common. */
function writeFacts(into: Buffer, at: number, entry: ZipEntry): void {
  const { name, isStreamed, crc, bytes, packedBytes } = entry;
  into.writeUInt16LE(VERSION, at);
  into.writeUInt16LE(isStreamed ? UTF8 | DESCRIBED_AFTER : UTF8, at + 2);
  into.writeUInt16LE(isStreamed ? DEFLATED : STORED, at + 4);
  into.writeUInt16LE(TIME, at + 6);
  into.writeUInt16LE(DATE, at + 8);
  into.writeUInt32LE(crc, at + 10);
  into.writeUInt32LE(packedBytes, at + 14);
  into.writeUInt32LE(bytes, at + 18);
  into.writeUInt16LE(name.length, at + 22);
}
