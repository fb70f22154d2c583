import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts } from './image-facts.js';

/** Limits on chunks of one image: pixel data, and all others. */
export const MAX_OTHER_CHUNKS = 5000;
export const MAX_DATA_CHUNKS = 200_000;

/** Limit on frames of an animation. Only the first is decoded. */
export const MAX_FRAMES = 1000;

const MAX_LENGTH = 0x7fffffff;

/** Bit depths that each color type allows (PNG, third edition, table 11.1). */
const DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Known critical chunks; others cannot be decoded. */
const CRITICAL = new Set(['PLTE', 'IDAT', 'IEND']);
const MAX_PALETTE_BYTES = 768;

interface Chunk {
  type: string;
  length: number;
}

/** State of the walk. */
interface WalkState {
  data: number;
  other: number;
  frames: number;
  palettes: number;
  last: string;
}

/**
 * Walks a PNG (third edition; ISO/IEC 15948) from after its signature to its IEND; `onFacts` is called with the
 * header. Nothing is inflated.
 * @throws Problem `image-corrupt` | `image-too-complex`
 */
export function* walkPng(cursor: ByteCursor, onFacts: OnImageFacts): Reading<void> {
  yield* header(cursor, onFacts);
  const state: WalkState = { data: 0, other: 0, frames: 0, palettes: 0, last: '' };
  while (state.last !== 'IEND') {
    const head = yield* cursor.take(8);
    const chunk = { length: head.readUInt32BE(0), type: head.toString('latin1', 4) };
    checkChunk(chunk, state);
    count(chunk.type, state);
    yield* cursor.skip(chunk.length + 4);
  }
}

function checkChunk({ type, length }: Chunk, state: WalkState): void {
  if (length > MAX_LENGTH || !/^[A-Za-z]{4}$/.test(type)) throw corrupt();
  if (isCritical(type) && !CRITICAL.has(type)) throw corrupt();
  // IDAT chunks are consecutive.
  if (type === 'IDAT' && state.data > 0 && state.last !== 'IDAT') throw corrupt();
  if (type === 'PLTE' && !isPaletteInPlace(length, state)) throw corrupt();
  if (type === 'IEND' && (length > 0 || state.data === 0)) throw corrupt();
}

const isPaletteInPlace = (length: number, { palettes, data }: WalkState): boolean =>
  palettes === 0 && data === 0 && length <= MAX_PALETTE_BYTES && length % 3 === 0;

function count(type: string, state: WalkState): void {
  state.last = type;
  if (type === 'IDAT') state.data += 1;
  else state.other += 1;
  if (type === 'PLTE') state.palettes += 1;
  if (type === 'fcTL') state.frames += 1;
  const { other, data, frames } = state;
  const isTooMuch = other > MAX_OTHER_CHUNKS || data > MAX_DATA_CHUNKS || frames > MAX_FRAMES;
  if (isTooMuch) throw new Problem('image-too-complex');
}

/** IHDR is the first chunk, 13 bytes long (11.2.1); sizes have 31 bits, and the last byte is the interlace method. */
function* header(cursor: ByteCursor, onFacts: OnImageFacts): Reading<void> {
  const head = yield* cursor.take(8);
  if (head.readUInt32BE(0) !== 13 || head.toString('latin1', 4) !== 'IHDR') throw corrupt();
  const body = yield* cursor.take(13);
  const [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
  const [depth = 0, colorType = 0, compression, filter, interlace = 0] = body.subarray(8);
  if (width > MAX_LENGTH || height > MAX_LENGTH) throw corrupt();
  if (DEPTHS[colorType]?.includes(depth) !== true) throw corrupt();
  if (compression !== 0 || filter !== 0 || interlace > 1) throw corrupt();
  onFacts(sized('png', width, height, interlace === 1));
  yield* cursor.skip(4);
}

/** An upper-case first letter marks a critical chunk (5.4). */
const isCritical = (type: string): boolean => (type.charCodeAt(0) & 0x20) === 0;
