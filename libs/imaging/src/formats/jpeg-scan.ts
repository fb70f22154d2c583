import { corrupt, truncated } from './byte-cursor.js';
import { bitsOf, END_OF_BLOCK, stepsOf, type HuffmanTable } from './jpeg-huffman.js';
import { EOI, isRestart } from './jpeg-markers.js';

const COEFFICIENTS = 64;
/** Longest difference of first coefficients, in bits, with 8 bits a sample (T.81, table F.1). */
const MAX_DIFFERENCE_BITS = 11;
/** The first coefficient of a block is eight times its mean, and that is −128 to 127. */
const MAX_FIRST = 1024;
/** So many bytes of one value at the end of the coded pixels, with more of it behind, are a filling. */
const FILLING_BYTES = 4;

/** How the blocks of one component are coded in a scan. */
export interface BlockCoding {
  dc: HuffmanTable;
  ac: HuffmanTable;
  /** What its first coefficients are multiplied by. */
  quantizer: number;
  /** The last first coefficient, from which the next is coded as a difference. */
  first: number;
}

/** A scan of a sequential image: what each of its units (MCU) consists of, and how many there are. */
export interface ScanPlan {
  /** Blocks of a unit, in their order; those of one component share their coding. */
  blocks: readonly BlockCoding[];
  units: number;
  /** Units between two restart markers; 0 when there are none. */
  restartInterval: number;
}

/** Coded bytes, without strays behind them. */
export interface Interval {
  from: number;
  to: number;
}

/**
 * Walks the Huffman codes of a scan without making pixels of them, and proves that each block is coded by bytes of the
 * file. It reads nothing outside of the file, and takes at least a bit of it for each step: a scan that runs out of
 * bytes ends at once, whatever size its header says.
 */
export class ScanWalk {
  /** Where the next byte is read. */
  #at: number;
  /** The last bits read, of which the lowest `#unused` are still to be used; of these the lowest `#madeUp` are zeros. */
  #bits = 0;
  #unused = 0;
  #madeUp = 0;
  /** A block has values that no picture can have. Decoders do not look for that. */
  #isImplausible = false;

  /** @param from where the coded bytes begin */
  constructor(
    private readonly file: Buffer,
    from: number,
    private readonly plan: ScanPlan,
  ) {
    this.#at = from;
  }

  /** Where the coded bytes end, once all intervals have been taken. */
  get position(): number {
    return this.#at;
  }

  /**
   * The coded bytes from restart marker to restart marker. What has been given may be moved towards the beginning of the
   * file before the next is taken.
   * @throws Problem `image-truncated` | `image-corrupt`
   */
  *intervals(): Generator<Interval, void> {
    const { units, restartInterval, blocks } = this.plan;
    const step = restartInterval || units;
    for (let unit = 0; unit < units; unit += step) {
      if (unit > 0) this.#passRestart();
      const from = this.#at;
      for (let left = Math.min(step, units - unit); left > 0; left -= 1) {
        for (const coding of blocks) {
          this.#firstCoefficient(coding);
          this.#otherCoefficients(coding.ac);
        }
      }
      const strays = this.#endInterval();
      if (strays && unit + step >= units) this.#checkLastBlocks(from);
      yield { from, to: this.#at };
    }
  }

  /** Passes over strays, and over a restart marker, whatever its number. */
  #passRestart(): void {
    const marker = this.#nextMarker();
    if (marker === EOI) throw truncated();
    if (!isRestart(marker)) throw corrupt();
    this.#at += 2;
    for (const coding of this.plan.blocks) coding.first = 0;
  }

  /** Goes to the next marker; the end of the file is as good as one of the end. */
  #nextMarker(): number {
    const { file } = this;
    for (let at = file.indexOf(0xff, this.#at); at !== -1; at = file.indexOf(0xff, at + 1)) {
      const marker = file[at + 1] ?? EOI;
      if (marker < 0xc0 || marker === 0xff) continue;
      this.#at = at;
      return marker;
    }
    return EOI;
  }

  #firstCoefficient(coding: BlockCoding): void {
    this.#fill();
    const entry = coding.dc[this.#peek(16)] ?? 0;
    if (entry === 0) throw this.#brokenOff();
    this.#use(bitsOf(entry));
    const size = stepsOf(entry) - 1;
    coding.first += this.#difference(size);
    const { first, quantizer } = coding;
    if (size > MAX_DIFFERENCE_BITS || Math.abs(first * quantizer) > MAX_FIRST + quantizer)
      this.#isImplausible = true;
  }

  /** A signed number of so many bits (T.81, F.2.2.1). */
  #difference(bits: number): number {
    if (bits === 0) return 0;
    this.#fill();
    const value = this.#peek(bits);
    this.#use(bits);
    return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  /** Most of the work: everything is at hand in variables. A code may take the bits below what has been read. */
  #otherCoefficients(table: HuffmanTable): void {
    const { file } = this;
    let [at, bits, unused, madeUp] = [this.#at, this.#bits, this.#unused, this.#madeUp];
    let entry = 0;
    let coefficient = 1;
    while (coefficient < COEFFICIENTS) {
      while (unused <= 24) {
        const byte = at < file.length ? (file[at] as number) : 0xff;
        bits <<= 8;
        unused += 8;
        if (byte !== 0xff) at += 1;
        else if (file[at + 1] === 0) at += 2;
        else madeUp += 8;
        if (madeUp === 0) bits |= byte;
      }
      entry = table[(bits >>> (unused - 16)) & 0xffff] as number;
      unused -= bitsOf(entry);
      if (entry === 0 || (madeUp > 0 && unused < madeUp)) break;
      coefficient += stepsOf(entry);
    }
    this.#at = at;
    this.#bits = bits;
    this.#unused = unused;
    this.#madeUp = madeUp;
    if (coefficient < COEFFICIENTS) throw this.#brokenOff();
    if (coefficient > COEFFICIENTS && coefficient <= END_OF_BLOCK) this.#isImplausible = true;
  }

  /** Sees to it that there are at least 25 bits; zeros are made up where the coded bytes end. */
  #fill(): void {
    while (this.#unused <= 24) {
      const byte = this.file[this.#at] ?? 0xff;
      const isCoded = byte !== 0xff || this.file[this.#at + 1] === 0;
      if (isCoded) this.#at += byte === 0xff ? 2 : 1;
      else this.#madeUp += 8;
      this.#bits = (this.#bits << 8) | (isCoded ? byte : 0);
      this.#unused += 8;
    }
  }

  /** The next bits, at most 16, without using them. */
  #peek(count: number): number {
    return (this.#bits >>> (this.#unused - count)) & ((1 << count) - 1);
  }

  #use(count: number): void {
    this.#unused -= count;
    if (this.#madeUp > 0 && this.#unused < this.#madeUp) throw this.#brokenOff();
  }

  /** There is no such code; or the coded bytes end too early, before the end of the image or something out of place. */
  #brokenOff(): Error {
    if (this.#madeUp === 0) return corrupt();
    return this.#nextMarker() === EOI ? truncated() : corrupt();
  }

  /** Goes back to right behind the last byte that was used. True when others follow. */
  #endInterval(): boolean {
    this.#fill();
    this.#use(0);
    const unread = (this.#unused - this.#madeUp) >> 3;
    for (let n = 0; n < unread; n += 1) this.#at -= this.#isStuffed(this.#at) ? 2 : 1;
    const rest = (this.#unused - this.#madeUp) & 7;
    const padding = this.#peek(rest);
    if (unread > 0 && padding !== 0 && padding !== (1 << rest) - 1) this.#isImplausible = true;
    this.#bits = this.#unused = this.#madeUp = 0;
    return unread > 0;
  }

  /**
   * Bytes are left over behind the last block: strays, or what is left of a filling. Where a file was cut and filled up,
   * the last blocks are made of the filling too.
   */
  #checkLastBlocks(from: number): void {
    const run = this.file.subarray(Math.max(from, this.#at - FILLING_BYTES), this.#at + 1);
    const isFilling = run.length > FILLING_BYTES && run.every((byte) => byte === run[0]);
    if (isFilling || this.#isImplausible) throw truncated();
  }

  #isStuffed(end: number): boolean {
    return this.file[end - 1] === 0 && this.file[end - 2] === 0xff;
  }
}
