import { corrupt } from './byte-cursor.js';

const MAX_CODES = 4096;
const MAX_WIDTH = 12;

/**
 * Decodes LZW codes to strings. Each string is an earlier output plus one byte: only its offset and length are
 * stored.
 */
export class LzwStrings {
  private readonly starts = new Uint32Array(MAX_CODES);
  private readonly lengths = new Uint16Array(MAX_CODES);
  private readonly firstFree: number;
  private next = 0;
  private last = -1;
  private codeBits = 0;
  private filled = 0;

  /**
   * @param out buffer to fill
   * @param clear the clear code; lower codes are single bytes, and the next code ends the data
   * @param early number of codes by which the code width grows early: 1 in TIFF
   */
  constructor(
    private readonly out: Uint8Array,
    private readonly clear: number,
    private readonly early: 0 | 1,
  ) {
    this.firstFree = clear + 2;
    this.reset();
  }

  /** Bits of the next code. */
  get width(): number {
    return this.codeBits;
  }

  get isFull(): boolean {
    return this.filled === this.out.length;
  }

  /** Handles a clear code: empties the table. */
  reset(): void {
    this.next = this.firstFree;
    this.last = -1;
    this.codeBits = 32 - Math.clz32(this.clear);
  }

  /** Outputs the string of a code, limited to the remaining room. @throws Problem `image-corrupt` */
  put(code: number): void {
    const begin = this.filled;
    this.addString(begin);
    if (code < this.clear) {
      this.out[begin] = code;
      this.filled = begin + 1;
    } else {
      if (this.last === -1 || code >= this.next) throw corrupt();
      const { out } = this;
      const end = Math.min(begin + (this.lengths[code] as number), out.length);
      // Byte by byte: source and destination may overlap.
      for (let from = this.starts[code] as number, to = begin; to < end; from += 1, to += 1) {
        out[to] = out[from] as number;
      }
      this.filled = end;
    }
    this.last = code;
  }

  /** Adds a string to the table: the last one and the first byte of the current one. */
  private addString(begin: number): void {
    if (this.last === -1 || this.next === MAX_CODES) return;
    const lastLength = this.last < this.clear ? 1 : (this.lengths[this.last] as number);
    this.lengths[this.next] = lastLength + 1;
    this.starts[this.next] = begin - lastLength;
    this.next += 1;
    if (this.next + this.early === 1 << this.codeBits && this.codeBits < MAX_WIDTH) this.codeBits += 1;
  }
}
