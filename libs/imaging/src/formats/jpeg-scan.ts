import { corrupt, truncated } from './byte-cursor.js';
import { bitsOf, END_OF_BLOCK, stepsOf, type HuffmanTable } from './jpeg-huffman.js';
import { EOI, isRestart } from './jpeg-segments.js';

const COEFFICIENTS = 64;
/** Longest difference of DC coefficients, in bits, with 8 bits a sample (T.81, table F.1). */
const MAX_DIFFERENCE_BITS = 11;
/** A DC coefficient is eight times the mean of its block, which is −128 to 127. */
const MAX_FIRST = 1024;
/** Length of a run of one byte value at the end of the coded pixels, and beyond, that counts as filler. */
const FILLER_BYTES = 4;

/** Coding of the blocks of one component in a scan. */
export interface BlockCoding {
  dc: HuffmanTable;
  ac: HuffmanTable;
  /** Quantizer of its DC coefficients. */
  quantizer: number;
  /** The previous DC coefficient, from which the next is coded as a difference. */
  first: number;
}

/** A scan of a sequential image: the blocks of an MCU, and the number of MCUs. */
export interface ScanPlan {
  /** Blocks of an MCU in order; those of one component share their coding. */
  blocks: readonly BlockCoding[];
  units: number;
  /** MCUs between two restart markers; 0 when there are none. */
  restartInterval: number;
}

/** Range of coded bytes, without stray bytes after them. */
export interface Interval {
  from: number;
  to: number;
}

/**
 * Walks the Huffman codes of a scan without decoding pixels, and proves that each block is coded by bytes of the
 * file. It reads nothing outside of the file and consumes at least one bit for each step: a scan that runs out of
 * bytes ends at once, whatever size its header gives.
 */
export class ScanWalk {
  /** Offset of the next byte. */
  private at: number;
  /**
   * The last bits read. The lowest `unused` bits are still unused; the lowest `appended` of these are zeros appended
   * after the end.
   */
  private bits = 0;
  private unused = 0;
  private appended = 0;
  /** A block has values that no image can have. Decoders do not check for that. */
  private isImplausible = false;

  /** @param from where the coded bytes begin */
  constructor(
    private readonly file: Buffer,
    from: number,
    private readonly plan: ScanPlan,
  ) {
    this.at = from;
  }

  /** Offset of the end of the coded bytes, after all intervals have been read. */
  get position(): number {
    return this.at;
  }

  /**
   * The coded bytes between restart markers. A yielded interval may be moved towards the start of the file before the
   * next one is read.
   * @throws Problem `image-truncated` | `image-corrupt`
   */
  *intervals(): Generator<Interval, void> {
    const { units, restartInterval, blocks } = this.plan;
    const step = restartInterval || units;
    for (let unit = 0; unit < units; unit += step) {
      if (unit > 0) this.skipRestart();
      const from = this.at;
      for (let left = Math.min(step, units - unit); left > 0; left -= 1) {
        for (const coding of blocks) {
          this.firstCoefficient(coding);
          this.otherCoefficients(coding.ac);
        }
      }
      const hasStrayBytes = this.endInterval();
      if (hasStrayBytes && unit + step >= units) this.checkLastBlocks(from);
      yield { from, to: this.at };
    }
  }

  /** Skips stray bytes and a restart marker, whatever its number. */
  private skipRestart(): void {
    const marker = this.nextMarker();
    if (marker === EOI) throw truncated();
    if (!isRestart(marker)) throw corrupt();
    this.at += 2;
    for (const coding of this.plan.blocks) coding.first = 0;
  }

  /** Advances to the next marker; the end of the file counts as EOI. */
  private nextMarker(): number {
    const { file } = this;
    for (let at = file.indexOf(0xff, this.at); at !== -1; at = file.indexOf(0xff, at + 1)) {
      const marker = file[at + 1] ?? EOI;
      if (marker < 0xc0 || marker === 0xff) continue;
      this.at = at;
      return marker;
    }
    return EOI;
  }

  private firstCoefficient(coding: BlockCoding): void {
    this.fill();
    const entry = coding.dc[this.peek(16)] ?? 0;
    if (entry === 0) throw this.endError();
    this.use(bitsOf(entry));
    const size = stepsOf(entry) - 1;
    coding.first += this.difference(size);
    const { first, quantizer } = coding;
    if (size > MAX_DIFFERENCE_BITS || Math.abs(first * quantizer) > MAX_FIRST + quantizer)
      this.isImplausible = true;
  }

  /** A signed number of `bits` bits (T.81, F.2.2.1). */
  private difference(bits: number): number {
    if (bits === 0) return 0;
    this.fill();
    const value = this.peek(bits);
    this.use(bits);
    return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  /** The hot loop, with all state in local variables. A code may extend into bits not read yet. */
  private otherCoefficients(table: HuffmanTable): void {
    const { file } = this;
    let [at, bits, unused, appended] = [this.at, this.bits, this.unused, this.appended];
    let entry = 0;
    let coefficient = 1;
    while (coefficient < COEFFICIENTS) {
      while (unused <= 24) {
        const byte = at < file.length ? (file[at] as number) : 0xff;
        bits <<= 8;
        unused += 8;
        if (byte !== 0xff) at += 1;
        else if (file[at + 1] === 0) at += 2;
        else appended += 8;
        if (appended === 0) bits |= byte;
      }
      entry = table[(bits >>> (unused - 16)) & 0xffff] as number;
      unused -= bitsOf(entry);
      if (entry === 0 || (appended > 0 && unused < appended)) break;
      coefficient += stepsOf(entry);
    }
    this.at = at;
    this.bits = bits;
    this.unused = unused;
    this.appended = appended;
    if (coefficient < COEFFICIENTS) throw this.endError();
    if (coefficient > COEFFICIENTS && coefficient <= END_OF_BLOCK) this.isImplausible = true;
  }

  /** Fills the bit buffer to at least 25 bits; zeros are appended after the end of the coded bytes. */
  private fill(): void {
    while (this.unused <= 24) {
      const byte = this.file[this.at] ?? 0xff;
      const isCoded = byte !== 0xff || this.file[this.at + 1] === 0;
      if (isCoded) this.at += byte === 0xff ? 2 : 1;
      else this.appended += 8;
      this.bits = (this.bits << 8) | (isCoded ? byte : 0);
      this.unused += 8;
    }
  }

  /** The next bits, at most 16, without consuming them. */
  private peek(count: number): number {
    return (this.bits >>> (this.unused - count)) & ((1 << count) - 1);
  }

  private use(count: number): void {
    this.unused -= count;
    if (this.appended > 0 && this.unused < this.appended) throw this.endError();
  }

  /** The error for an invalid code, or for coded bytes that end too early. */
  private endError(): Error {
    if (this.appended === 0) return corrupt();
    return this.nextMarker() === EOI ? truncated() : corrupt();
  }

  /** Moves back to the byte after the last one used. Returns true when coded bytes are left over. */
  private endInterval(): boolean {
    this.fill();
    this.use(0);
    const unread = (this.unused - this.appended) >> 3;
    for (let n = 0; n < unread; n += 1) this.at -= this.isStuffed(this.at) ? 2 : 1;
    const rest = (this.unused - this.appended) & 7;
    const padding = this.peek(rest);
    if (unread > 0 && padding !== 0 && padding !== (1 << rest) - 1) this.isImplausible = true;
    this.bits = this.unused = this.appended = 0;
    return unread > 0;
  }

  /**
   * Checks the last blocks when bytes are left over: they are strays or the rest of filler. In a file that was cut
   * and filled up, the last blocks consist of filler as well.
   */
  private checkLastBlocks(from: number): void {
    const run = this.file.subarray(Math.max(from, this.at - FILLER_BYTES), this.at + 1);
    const isFiller = run.length > FILLER_BYTES && run.every((byte) => byte === run[0]);
    if (isFiller || this.isImplausible) throw truncated();
  }

  private isStuffed(end: number): boolean {
    return this.file[end - 1] === 0 && this.file[end - 2] === 0xff;
  }
}
