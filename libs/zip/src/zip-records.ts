/** Signatures of the records of a ZIP archive (PKWARE APPNOTE 6.3.10). */
const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const DATA_DESCRIPTOR = 0x08074b50;
const EXTRA_64 = 0x0001;
/** Version 2.0: folders and Deflate. */
const VERSION = 20;
/** Version 4.5: the 64-bit extension. */
const VERSION_64 = 45;
/** Bit 11: names are UTF-8. */
const UTF8 = 0x0800;
/** Bit 3: checksum and sizes follow the file. */
const HAS_DESCRIPTOR = 0x0008;
const STORED = 0;
const DEFLATED = 8;
/** Years that the format can express. */
const FIRST_YEAR = 1980;
const LAST_YEAR = 2107;

const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;

type Bytes = Uint8Array<ArrayBuffer>;
/** A little-endian number and its size in bytes. */
type Field = readonly [value: number, bytes: 2 | 4 | 8];

/** A file of an archive. Sizes and offsets in bytes; `offset` is from the start of the archive. */
export interface ZipEntry {
  /** UTF-8. */
  name: Bytes;
  /** The file is written in chunks: its checksum and sizes follow it. */
  isStreamed: boolean;
  /** When the archive was made. Archives do not disclose when an image was made. */
  at: Date;
  crc: number;
  bytes: number;
  packedBytes: number;
  offset: number;
}

/** The header before a file (APPNOTE §4.3.7). */
export const localHeader = (entry: ZipEntry): Bytes =>
  concat([pack([LOCAL_HEADER, 4], ...commonFields(entry)), entry.name]);

/** The record after a streamed file (§4.3.9). */
export const dataDescriptor = ({ crc, packedBytes, bytes }: ZipEntry): Bytes =>
  pack([DATA_DESCRIPTOR, 4], [crc, 4], [packedBytes, 4], [bytes, 4]);

/** A file's entry in the central directory (§4.3.12). An offset over 4 GiB is in an extra field (§4.5.3). */
export function directoryEntry(entry: ZipEntry): Bytes {
  const { name, offset } = entry;
  const isFar = offset >= MAX_32;
  const version = isFar ? VERSION_64 : VERSION;
  const [, ...common] = commonFields(entry);
  const extra = isFar ? pack([EXTRA_64, 2], [8, 2], [offset, 8]) : pack();
  const head = pack(
    ...([[DIRECTORY_ENTRY, 4], [version, 2], [version, 2], ...common.slice(0, -1)] as Field[]),
    // Extra field; comment, disk, internal and external attributes; offset.
    ...([
      [extra.length, 2],
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 4],
      [Math.min(offset, MAX_32), 4],
    ] as Field[]),
  );
  return concat([head, name, extra]);
}

/** Position and size of the central directory, in bytes. */
interface Directory {
  entries: number;
  bytes: number;
  offset: number;
}

/** The end of an archive (§4.3.16); if a number is too large for it, with the 64-bit records (§4.3.14, §4.3.15). */
export function endOfDirectory({ entries, bytes, offset }: Directory): Bytes {
  const count = Math.min(entries, MAX_16);
  const end = pack(
    ...([
      [END_OF_DIRECTORY, 4],
      [0, 2],
      [0, 2],
      [count, 2],
      [count, 2],
    ] as Field[]),
    ...([
      [Math.min(bytes, MAX_32), 4],
      [Math.min(offset, MAX_32), 4],
      [0, 2],
    ] as Field[]),
  );
  const isSmall = entries < MAX_16 && bytes < MAX_32 && offset < MAX_32;
  return isSmall ? end : concat([endOfDirectory64({ entries, bytes, offset }), end]);
}

const endOfDirectory64 = ({ entries, bytes, offset }: Directory): Bytes =>
  pack(
    ...([
      [END_OF_DIRECTORY_64, 4],
      [44, 8],
      [VERSION_64, 2],
      [VERSION_64, 2],
      [0, 4],
      [0, 4],
    ] as Field[]),
    ...([
      [entries, 8],
      [entries, 8],
      [bytes, 8],
      [offset, 8],
    ] as Field[]),
    ...([
      [LOCATOR_64, 4],
      [0, 4],
      [offset + bytes, 8],
      [1, 4],
    ] as Field[]),
  );

/** The fields that a local header and a directory entry share; the last one is the length of the extra field. */
function commonFields({ name, isStreamed, at, crc, bytes, packedBytes }: ZipEntry): Field[] {
  const flags = isStreamed ? UTF8 | HAS_DESCRIPTOR : UTF8;
  const method = isStreamed ? DEFLATED : STORED;
  return [
    ...([
      [VERSION, 2],
      [flags, 2],
      [method, 2],
      [timeOf(at), 2],
      [dateOf(at), 2],
    ] as Field[]),
    ...([
      [crc, 4],
      [packedBytes, 4],
      [bytes, 4],
      [name.length, 2],
      [0, 2],
    ] as Field[]),
  ];
}

/** Time of day in local time, as in MS-DOS: hours, minutes, and seconds in steps of two (§4.4.6). */
const timeOf = (at: Date): number => (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);

/** Date in local time, as in MS-DOS: years since 1980, month, day (§4.4.6). */
function dateOf(at: Date): number {
  const year = Math.min(LAST_YEAR, Math.max(FIRST_YEAR, at.getFullYear()));
  return ((year - FIRST_YEAR) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
}

function pack(...fields: readonly Field[]): Bytes {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** Joins byte arrays into a new one. */
export function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
