import { crc32Of } from './crc32.js';

/** PKWARE APPNOTE 6.3.10: signatures, §4.3.7, §4.3.12, §4.3.16. */
const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const VERSION = 20;
/** Bit 11: names are UTF-8. */
const UTF8 = 0x0800;
/** 1 January 1980, the first day the format knows. */
const DATE = 0x0021;

/** Bytes that one archive may have without the 64-bit extension, with room for its directory. */
const MAX_BYTES = 0xf000_0000;
const MAX_ENTRIES = 0xffff;

interface Entry {
  name: Uint8Array<ArrayBuffer>;
  crc: number;
  bytes: number;
  offset: number;
}

/** Little-endian numbers, each of so many bytes. */
function packed(...numbers: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(numbers.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of numbers) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** What the header before a file and its entry in the directory have in common. */
const factsOf = ({ crc, bytes, name }: Entry): Uint8Array<ArrayBuffer> =>
  packed(
    ...([
      [VERSION, 2],
      [UTF8, 2],
      [0, 2],
      [0, 2],
      [DATE, 2],
    ] as const),
    ...([
      [crc, 4],
      [bytes, 4],
      [bytes, 4],
      [name.length, 2],
      [0, 2],
    ] as const),
  );

/**
 * Makes a ZIP archive in the browser, without compressing: images are compressed already. It is put together from the
 * blobs themselves, none of which is ever read as a whole.
 */
export class BlobArchive {
  private readonly parts: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  private readonly entries: Entry[] = [];
  private offset = 0;

  /** How many files it has. */
  get size(): number {
    return this.entries.length;
  }

  /** True when a file of so many bytes goes in. */
  hasRoomFor(bytes: number): boolean {
    return this.offset + bytes <= MAX_BYTES && this.entries.length < MAX_ENTRIES;
  }

  /** Adds a file; names with `/` lie in folders. */
  async add(name: string, blob: Blob): Promise<void> {
    const crc = await crc32Of(blob);
    const entry = { name: new TextEncoder().encode(name), crc, bytes: blob.size, offset: this.offset };
    const head = [packed([LOCAL_HEADER, 4]), factsOf(entry), entry.name];
    this.entries.push(entry);
    this.parts.push(...head, blob);
    this.offset += head.reduce((sum, part) => sum + part.length, blob.size);
  }

  /** The archive. */
  finish(): Blob {
    const directory = this.entries.flatMap((entry) => [
      packed([DIRECTORY_ENTRY, 4], [VERSION, 2]),
      factsOf(entry),
      packed([0, 2], [0, 2], [0, 2], [0, 4], [entry.offset, 4]),
      entry.name,
    ]);
    const bytes = directory.reduce((sum, part) => sum + part.length, 0);
    const { length } = this.entries;
    const counts = [
      [0, 2],
      [0, 2],
      [length, 2],
      [length, 2],
    ] as const;
    const end = packed([END_OF_DIRECTORY, 4], ...counts, [bytes, 4], [this.offset, 4], [0, 2]);
    return new Blob([...this.parts, ...directory, end], { type: 'application/zip' });
  }
}
