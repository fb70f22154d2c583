import { Problem } from '#contracts/problem-catalog.js';
import { corrupt } from './byte-cursor.js';

/** Limit on OBUs of one image. A still image has three or four, a layered one a few dozen. */
const MAX_UNITS = 4096;

const SEQUENCE_HEADER = 1;
const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;

/** Longest encoding of a size (AV1 specification, 4.10.5). */
const MAX_LEB_BYTES = 8;

/**
 * Checks the sequence headers of AV1 data (AV1 Bitstream and Decoding Process, 5.3 and 5.5), which determine how much
 * memory a decoder allocates: none may be larger than the image.
 * @throws Problem `image-corrupt` when one is larger, or units do not fit | `image-too-complex`
 */
export function checkSequenceHeaders(
  data: Buffer,
  { width, height }: { width: number; height: number },
): void {
  let at = 0;
  for (let units = 0; at < data.length; units += 1) {
    if (units > MAX_UNITS) throw new Problem('image-too-complex');
    const head = data[at] as number;
    at += (head & HAS_EXTENSION) === 0 ? 1 : 2;
    const { size, bytes } = (head & HAS_SIZE) === 0 ? { size: data.length - at, bytes: 0 } : leb(data, at);
    at += bytes;
    if (at + size > data.length) throw corrupt();
    if (((head >> 3) & 15) === SEQUENCE_HEADER) {
      const coded = codedSize(new Bits(data.subarray(at, at + size)));
      if (coded.width > width || coded.height > height) throw corrupt();
    }
    at += size;
  }
}

/** A LEB128 number: groups of seven bits, low ones first. */
function leb(data: Buffer, from: number): { size: number; bytes: number } {
  let size = 0;
  for (let bytes = 0; bytes < MAX_LEB_BYTES; bytes += 1) {
    const byte = data[from + bytes];
    if (byte === undefined) throw corrupt();
    size += (byte & 0x7f) * 2 ** (7 * bytes);
    if ((byte & 0x80) === 0) return { size, bytes: bytes + 1 };
  }
  throw corrupt();
}

/** The largest frame that a sequence header allows (5.5.1). */
function codedSize(bits: Bits): { width: number; height: number } {
  bits.take(3);
  const isStill = bits.take(1) === 1;
  const isReduced = bits.take(1) === 1;
  if (isReduced) bits.take(5);
  else operatingPoints(bits, isStill);
  const [widthBits, heightBits] = [bits.take(4) + 1, bits.take(4) + 1];
  return { width: bits.take(widthBits) + 1, height: bits.take(heightBits) + 1 };
}

function operatingPoints(bits: Bits, isStill: boolean): void {
  let delayBits = 0;
  if (bits.take(1) === 1) {
    bits.take(32);
    bits.take(32);
    if (bits.take(1) === 1) bits.uvlc();
    if (bits.take(1) === 1) {
      delayBits = bits.take(5) + 1;
      // A still image needs no decoder buffer model.
      if (isStill) throw corrupt();
      bits.take(32);
      bits.take(10);
    }
  }
  const hasDelays = bits.take(1) === 1;
  const points = bits.take(5) + 1;
  for (let point = 0; point < points; point += 1) {
    bits.take(12);
    if (bits.take(5) > 7) bits.take(1);
    if (delayBits > 0 && bits.take(1) === 1) bits.take(2 * delayBits + 1);
    if (hasDelays && bits.take(1) === 1) bits.take(4);
  }
}

/** Reads bits, high ones first. @throws Problem `image-corrupt` after the last one */
class Bits {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Reads up to 32 bits as a number, or skips more. */
  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1, this.at += 1) {
      const byte = this.bytes[this.at >> 3];
      if (byte === undefined) throw corrupt();
      value = value * 2 + ((byte >> (7 - (this.at & 7))) & 1);
    }
    return value;
  }

  /** A number of variable length (4.10.3). */
  uvlc(): void {
    let zeros = 0;
    while (this.take(1) === 0) {
      zeros += 1;
      if (zeros > 32) throw corrupt();
    }
    this.take(zeros);
  }
}
