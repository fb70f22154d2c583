import { corrupt } from './byte-cursor.js';

const MAX_CODES = 4096;
const MAX_WIDTH = 12;

/**
 * Puts out the strings that LZW codes stand for. Each is one that has been put out before, and one byte more: where it
 * began and how long it is, is all that is kept of it.
 */
export class LzwStrings {
  readonly #starts = new Uint32Array(MAX_CODES);
  readonly #lengths = new Uint16Array(MAX_CODES);
  readonly #firstFree: number;
  #next = 0;
  #last = -1;
  #width = 0;
  #filled = 0;

  /**
   * @param out what is filled
   * @param clear the code that clears the table; below it are single bytes, and behind it comes the code of the end
   * @param early how many codes before they are needed codes get a bit more: 1 in TIFF
   */
  constructor(
    private readonly out: Uint8Array,
    private readonly clear: number,
    private readonly early: 0 | 1,
  ) {
    this.#firstFree = clear + 2;
    this.reset();
  }

  /** Bits of the next code. */
  get width(): number {
    return this.#width;
  }

  get isFull(): boolean {
    return this.#filled === this.out.length;
  }

  /** What the code does that clears the table. */
  reset(): void {
    this.#next = this.#firstFree;
    this.#last = -1;
    this.#width = 32 - Math.clz32(this.clear);
  }

  /** Puts out the string of a code, as much of it as there is room for. @throws Problem `image-corrupt` */
  put(code: number): void {
    const begin = this.#filled;
    this.#learn(begin);
    if (code < this.clear) {
      this.out[begin] = code;
      this.#filled = begin + 1;
    } else {
      if (this.#last === -1 || code >= this.#next) throw corrupt();
      const { out } = this;
      const end = Math.min(begin + (this.#lengths[code] as number), out.length);
      // Byte by byte: the string may reach into what is being written.
      for (let from = this.#starts[code] as number, to = begin; to < end; from += 1, to += 1) {
        out[to] = out[from] as number;
      }
      this.#filled = end;
    }
    this.#last = code;
  }

  /** A new string: the last one, and the first byte of this one, which comes to stand behind it. */
  #learn(begin: number): void {
    if (this.#last === -1 || this.#next === MAX_CODES) return;
    const lastLength = this.#last < this.clear ? 1 : (this.#lengths[this.#last] as number);
    this.#lengths[this.#next] = lastLength + 1;
    this.#starts[this.#next] = begin - lastLength;
    this.#next += 1;
    if (this.#next + this.early === 1 << this.#width && this.#width < MAX_WIDTH) this.#width += 1;
  }
}
