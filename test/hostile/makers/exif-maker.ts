/** What camera data is to say, besides the orientation. */
export interface ExifOptions {
  orientation?: number;
  order?: 'II' | 'MM';
  /** A text that must never be found again: it becomes description, artist and place. */
  secret?: string;
  /** A picture for the second directory. */
  thumbnail?: Buffer;
}

type Entry = [tag: number, type: number, count: number, value: number | Buffer];

const ASCII = 2;
const SHORT = 3;
const LONG = 4;

/** A TIFF structure (the part of EXIF after `Exif\0\0`): first directory, places, thumbnail. */
export function exifTiff({ orientation = 1, order = 'MM', secret, thumbnail }: ExifOptions): Buffer {
  const little = order === 'II';
  const text = secret === undefined ? undefined : Buffer.from(`${secret}\0`, 'latin1');
  const words = text === undefined ? [] : ([[0x010e, ASCII, text.length, text]] as Entry[]);
  const more = text === undefined ? [] : ([[0x013b, ASCII, text.length, text]] as Entry[]);
  const first: Entry[] = [...words, [0x0112, SHORT, 1, orientation], ...more];
  const places: Entry[] = text === undefined ? [] : [[0x001d, ASCII, text.length, text]];
  if (places.length > 0) first.push([0x8825, LONG, 1, 0]);
  const second: Entry[] = thumbnail === undefined ? [] : [[0x0201, LONG, 1, thumbnail]];
  if (thumbnail !== undefined) second.push([0x0202, LONG, 1, thumbnail.length]);
  return new TiffWriter(little).write([
    first,
    ...(places.length > 0 ? [places] : []),
    ...(second.length > 0 ? [second] : []),
  ]);
}

/** Writes consecutive directories, each followed by the values that do not fit into it. */
class TiffWriter {
  constructor(private readonly little: boolean) {}

  write(directories: Entry[][]): Buffer {
    const head = Buffer.from(this.little ? 'II*\0\0\0\0\0' : 'MM\0*\0\0\0\0', 'latin1');
    this.u32(head, 8, 4);
    const parts: Buffer[] = [head];
    let at = 8;
    directories.forEach((entries, i) => {
      const { directory, values } = this.directory(entries, at);
      const next = at + directory.length + values.length;
      this.u32(directory, i + 1 < directories.length ? next : 0, directory.length - 4);
      parts.push(directory, values);
      at = next;
    });
    return Buffer.concat(parts);
  }

  private directory(entries: Entry[], at: number): { directory: Buffer; values: Buffer } {
    const directory = Buffer.alloc(2 + 12 * entries.length + 4);
    const values: Buffer[] = [];
    let place = at + directory.length;
    this.u16(directory, entries.length, 0);
    entries.forEach(([tag, type, count, value], i) => {
      const from = 2 + 12 * i;
      this.u16(directory, tag, from);
      this.u16(directory, type, from + 2);
      this.u32(directory, count, from + 4);
      if (Buffer.isBuffer(value)) {
        this.u32(directory, place, from + 8);
        values.push(value);
        place += value.length;
      } else if (type === SHORT) this.u16(directory, value, from + 8);
      else this.u32(directory, value, from + 8);
    });
    return { directory, values: Buffer.concat(values) };
  }

  private u16(to: Buffer, value: number, at: number): void {
    if (this.little) to.writeUInt16LE(value, at);
    else to.writeUInt16BE(value, at);
  }

  private u32(to: Buffer, value: number, at: number): void {
    if (this.little) to.writeUInt32LE(value, at);
    else to.writeUInt32BE(value, at);
  }
}
