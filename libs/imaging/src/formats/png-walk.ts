import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts } from './image-facts.js';

/** Chunks of one image, without those of its pixels. */
export const MAX_OTHER_CHUNKS = 5000;
/** Chunks of its pixels. */
export const MAX_DATA_CHUNKS = 200_000;

/** Frames of an animation. Only the first is ever looked at. */
export const MAX_FRAMES = 1000;

const MAX_LENGTH = 0x7fffffff;

/** Bit depths that a colour type may have (PNG, third edition, table 11.1). */
const DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Chunks of which more, or others, no reader can do with. */
const CRITICAL = new Set(['PLTE', 'IDAT', 'IEND']);
const MAX_PALETTE_BYTES = 768;

interface Chunk {
  type: string;
  length: number;
}

/** What has been passed so far. */
interface Passed {
  data: number;
  other: number;
  frames: number;
  palettes: number;
  last: string;
}

/**
 * Walks a PNG (third edition; ISO/IEC 15948) from after its signature to its IEND; `found` hears the header. Nothing is
 * inflated.
 * @throws Problem `image-corrupt` | `image-too-complex`
 */
export function* walkPng(cursor: ByteCursor, found: OnImageFacts): Reading<void> {
  yield* header(cursor, found);
  const passed: Passed = { data: 0, other: 0, frames: 0, palettes: 0, last: '' };
  while (passed.last !== 'IEND') {
    const head = yield* cursor.take(8);
    const chunk = { length: head.readUInt32BE(0), type: head.toString('latin1', 4) };
    checkChunk(chunk, passed);
    count(chunk.type, passed);
    yield* cursor.skip(chunk.length + 4);
  }
}

function checkChunk({ type, length }: Chunk, passed: Passed): void {
  if (length > MAX_LENGTH || !/^[A-Za-z]{4}$/.test(type)) throw corrupt();
  if (isCritical(type) && !CRITICAL.has(type)) throw corrupt();
  // Pixels stand together.
  if (type === 'IDAT' && passed.data > 0 && passed.last !== 'IDAT') throw corrupt();
  if (type === 'PLTE' && !isPaletteInPlace(length, passed)) throw corrupt();
  if (type === 'IEND' && (length > 0 || passed.data === 0)) throw corrupt();
}

const isPaletteInPlace = (length: number, { palettes, data }: Passed): boolean =>
  palettes === 0 && data === 0 && length <= MAX_PALETTE_BYTES && length % 3 === 0;

function count(type: string, passed: Passed): void {
  passed.last = type;
  if (type === 'IDAT') passed.data += 1;
  else passed.other += 1;
  if (type === 'PLTE') passed.palettes += 1;
  if (type === 'fcTL') passed.frames += 1;
  const { other, data, frames } = passed;
  const isTooMuch = other > MAX_OTHER_CHUNKS || data > MAX_DATA_CHUNKS || frames > MAX_FRAMES;
  if (isTooMuch) throw new Problem('image-too-complex');
}

/** IHDR is the first chunk, 13 bytes long (11.2.1); sizes are 31 bits, and its last byte tells of interlacing. */
function* header(cursor: ByteCursor, found: OnImageFacts): Reading<void> {
  const head = yield* cursor.take(8);
  if (head.readUInt32BE(0) !== 13 || head.toString('latin1', 4) !== 'IHDR') throw corrupt();
  const body = yield* cursor.take(13);
  const [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = body.subarray(8);
  if (width > MAX_LENGTH || height > MAX_LENGTH) throw corrupt();
  if (DEPTHS[colour]?.includes(depth) !== true) throw corrupt();
  if (compression !== 0 || filter !== 0 || interlace > 1) throw corrupt();
  found(sized('png', width, height, interlace === 1));
  yield* cursor.skip(4);
}

/** An upper-case first letter: whoever does not know the chunk cannot show the image (5.4). */
const isCritical = (type: string): boolean => (type.charCodeAt(0) & 0x20) === 0;
