import { directoryEntry, endOfDirectory, localHeader, type ZipEntry } from './zip-records.js';

/** Maximum bytes of one archive without the 64-bit extension, with room for its directory. */
const MAX_BYTES = 0xf000_0000;
const MAX_ENTRIES = 0xffff;

/**
 * Makes a ZIP archive in a browser. Files are stored, because images are already compressed. The archive is a blob that
 * refers to the blobs of its files, so no file is held in memory.
 */
export class BlobArchive {
  private readonly parts: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  private readonly entries: ZipEntry[] = [];
  private offset = 0;
  /** Date of all files. */
  private readonly at = new Date();

  /** @param checksum CRC-32 of a file; a large one takes long and is best computed in a worker */
  constructor(private readonly checksum: (blob: Blob) => Promise<number>) {}

  /** Number of files. */
  get size(): number {
    return this.entries.length;
  }

  /** True if a file of this many bytes fits. */
  hasRoomFor(bytes: number): boolean {
    return this.offset + bytes <= MAX_BYTES && this.entries.length < MAX_ENTRIES;
  }

  /** Adds a file. `/` in the name separates folders. */
  async add(name: string, blob: Blob): Promise<void> {
    const entry: ZipEntry = {
      ...{ name: new TextEncoder().encode(name), isStreamed: false, at: this.at, offset: this.offset },
      ...{ crc: await this.checksum(blob), bytes: blob.size, packedBytes: blob.size },
    };
    const header = localHeader(entry);
    this.entries.push(entry);
    this.parts.push(header, blob);
    this.offset += header.length + blob.size;
  }

  /** The archive. */
  finish(): Blob {
    const directory = this.entries.map(directoryEntry);
    const bytes = directory.reduce((sum, { length }) => sum + length, 0);
    const end = endOfDirectory({ entries: directory.length, bytes, offset: this.offset });
    return new Blob([...this.parts, ...directory, end], { type: 'application/zip' });
  }
}
