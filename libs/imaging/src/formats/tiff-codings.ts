import { inflateSync } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';
import { corrupt } from './byte-cursor.js';
import { LzwStrings } from './lzw-strings.js';

/** Decompresses into `out`, which must be filled entirely. @throws Problem `image-corrupt` when it is not */
export type Unpack = (coded: Buffer, out: Buffer) => void;

const CLEAR = 256;
const END = 257;

/** Uncompressed bytes. */
const copy: Unpack = (coded, out) => {
  if (coded.length < out.length) throw corrupt();
  coded.copy(out, 0, 0, out.length);
};

/** Runs and literal bytes (TIFF 6.0, section 9). */
const packBits: Unpack = (coded, out) => {
  let [at, filled] = [0, 0];
  while (filled < out.length) {
    const head = coded[at];
    if (head === undefined) throw corrupt();
    at += 1;
    if (head === 128) continue;
    const length = Math.min(head < 128 ? head + 1 : 257 - head, out.length - filled);
    if (at + (head < 128 ? length : 1) > coded.length) throw corrupt();
    if (head < 128) coded.copy(out, filled, at, at + length);
    else out.fill(coded[at] as number, filled, filled + length);
    at += head < 128 ? head + 1 : 1;
    filled += length;
  }
};

/** zlib's Deflate (Adobe Photoshop TIFF Technical Notes, 2002), into memory that is wiped. */
const deflate: Unpack = (coded, out) => {
  let unpacked: Buffer | undefined;
  try {
    // One chunk only: further chunks would not be wiped.
    unpacked = inflateSync(coded, { maxOutputLength: out.length, chunkSize: Math.max(64, out.length + 1) });
  } catch {
    throw corrupt();
  }
  if (unpacked.length === out.length) unpacked.copy(out);
  wipe(unpacked);
  if (unpacked.length !== out.length) throw corrupt();
};

/** LZW with high bits first (TIFF 6.0, section 13), 9 to 12 bits. */
const lzw: Unpack = (coded, out) => {
  const strings = new LzwStrings(out, CLEAR, 1);
  let [at, bits, held] = [0, 0, 0];
  while (!strings.isFull) {
    for (; held < strings.width; at += 1, held += 8) {
      if (at === coded.length) throw corrupt();
      bits = ((bits << 8) | (coded[at] as number)) & 0xfffff;
    }
    held -= strings.width;
    const code = (bits >> held) & ((1 << strings.width) - 1);
    if (code === END) throw corrupt();
    if (code === CLEAR) strings.reset();
    else strings.put(code);
  }
};

/** Decoders by compression number. */
export const UNPACK: ReadonlyMap<number, Unpack> = new Map([
  [1, copy],
  [5, lzw],
  [8, deflate],
  [32_946, deflate],
  [32_773, packBits],
]);
