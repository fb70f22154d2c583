const ENTRY_BYTES = 12;
const MAX_ENTRIES = 1000;

/**
 * A directory of a TIFF structure (TIFF 6.0, section 2), such as the part of EXIF after `Exif\0\0`. Of several entries
 * with one tag the first counts. What lies outside of the structure reads as 0.
 */
export class ExifDirectory {
  /** Where each tag's entry is. */
  readonly #entries = new Map<number, number>();
  readonly #tiff: Buffer;
  readonly #isLittle: boolean;

  private constructor(tiff: Buffer, isLittle: boolean, from: number) {
    this.#tiff = tiff;
    this.#isLittle = isLittle;
    const count = Math.min(this.#u16(from), MAX_ENTRIES);
    for (let i = count - 1; i >= 0; i -= 1) {
      const at = from + 2 + i * ENTRY_BYTES;
      this.#entries.set(this.#u16(at), at);
    }
  }

  /** The first directory; undefined when the bytes are no TIFF structure. */
  static first(tiff: Buffer): ExifDirectory | undefined {
    const order = tiff.toString('latin1', 0, 2);
    if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
    const isLittle = order === 'II';
    return new ExifDirectory(tiff, isLittle, isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4));
  }

  /** The directory that an entry points to. */
  directory(tag: number): ExifDirectory | undefined {
    const at = this.#entries.get(tag);
    return at === undefined ? undefined : new ExifDirectory(this.#tiff, this.#isLittle, this.#u32(at + 8));
  }

  /** A short number. */
  short(tag: number): number | undefined {
    const at = this.#entries.get(tag);
    return at === undefined ? undefined : this.#u16(at + 8);
  }

  /** A quotient of two long numbers; undefined when it is none. */
  rational(tag: number): number | undefined {
    const at = this.#entries.get(tag);
    if (at === undefined) return undefined;
    const place = this.#u32(at + 8);
    const value = this.#u32(place) / this.#u32(place + 4);
    return Number.isFinite(value) ? value : undefined;
  }

  /** True when a text of at most three letters is this one. */
  is(tag: number, text: string): boolean {
    const at = this.#entries.get(tag);
    return at !== undefined && this.#tiff.toString('latin1', at + 8, at + 8 + text.length) === text;
  }

  #u16(at: number): number {
    if (at + 2 > this.#tiff.length) return 0;
    return this.#isLittle ? this.#tiff.readUInt16LE(at) : this.#tiff.readUInt16BE(at);
  }

  #u32(at: number): number {
    if (at + 4 > this.#tiff.length) return 0;
    return this.#isLittle ? this.#tiff.readUInt32LE(at) : this.#tiff.readUInt32BE(at);
  }
}
