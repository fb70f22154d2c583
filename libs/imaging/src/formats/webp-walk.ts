import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts } from './image-facts.js';

/** Limits on chunks and frames of one image. Only the first frame is decoded. */
export const MAX_CHUNKS = 5000;
export const MAX_FRAMES = 1000;

const ANIMATED = 0x02;
const FRAME_HEAD_BYTES = 16;

interface Size {
  width: number;
  height: number;
}

/** State of the walk. */
interface WalkState {
  canvas: Size | undefined;
  animated: boolean;
  images: number;
  frames: number;
}

/**
 * Walks a WebP (RFC 9649) from its RIFF size to the end that it gives; `onFacts` is called with the size of the
 * canvas.
 * @throws Problem `image-corrupt` | `image-too-complex` | `image-type-unsupported` when it is another RIFF file
 */
export function* walkWebp(cursor: ByteCursor, onFacts: OnImageFacts): Reading<void> {
  const end = (yield* cursor.take(4)).readUInt32LE(0) + 8;
  if ((yield* cursor.take(4)).toString('latin1') !== 'WEBP') throw new Problem('image-type-unsupported');
  const state: WalkState = { canvas: undefined, animated: false, images: 0, frames: 0 };
  for (let chunks = 0; cursor.position + 8 <= end; chunks += 1) {
    if (chunks > MAX_CHUNKS) throw new Problem('image-too-complex');
    const head = yield* cursor.take(8);
    const type = head.toString('latin1', 0, 4);
    const size = head.readUInt32LE(4);
    const after = cursor.position + size;
    if (after > end) throw corrupt();
    if (chunks === 0) yield* firstChunk(cursor, { type, size, onFacts, state });
    else if (type === 'ANMF') yield* frame(cursor, size, state);
    else if (isImage(type)) yield* image(cursor, { type, size, state });
    if (cursor.position > after) throw corrupt();
    yield* cursor.skip(after - cursor.position);
    if ((size & 1) === 1 && after < end) yield* cursor.skip(1);
  }
  yield* cursor.skip(Math.max(0, end - cursor.position));
  const isComplete = state.animated ? state.frames > 0 : state.images === 1;
  if (!isComplete) throw corrupt();
}

interface Chunk {
  type: string;
  size: number;
  state: WalkState;
}

/** `VP8X` (canvas and flags), or the only chunk of a simple file: `VP8L` or `VP8 `. */
function* firstChunk(cursor: ByteCursor, chunk: Chunk & { onFacts: OnImageFacts }): Reading<void> {
  const { type, size, state, onFacts } = chunk;
  if (type !== 'VP8X') {
    if (!isImage(type)) throw corrupt();
    const { width, height } = yield* image(cursor, chunk);
    onFacts(sized('webp', width, height));
    return;
  }
  if (size < 10) throw corrupt();
  const body = yield* cursor.take(10);
  state.animated = (body.readUInt8(0) & ANIMATED) !== 0;
  state.canvas = { width: 1 + body.readUIntLE(4, 3), height: 1 + body.readUIntLE(7, 3) };
  onFacts(sized('webp', state.canvas.width, state.canvas.height));
}

/** `ANMF`: a frame must be within the canvas. */
function* frame(cursor: ByteCursor, size: number, state: WalkState): Reading<void> {
  state.frames += 1;
  if (state.frames > MAX_FRAMES) throw new Problem('image-too-complex');
  if (size < FRAME_HEAD_BYTES || state.canvas === undefined) throw corrupt();
  const head = yield* cursor.take(FRAME_HEAD_BYTES);
  const right = 2 * head.readUIntLE(0, 3) + 1 + head.readUIntLE(6, 3);
  const bottom = 2 * head.readUIntLE(3, 3) + 1 + head.readUIntLE(9, 3);
  if (right > state.canvas.width || bottom > state.canvas.height) throw corrupt();
}

/** `VP8L` (lossless) or `VP8 ` (lossy, RFC 6386 9.1): it has the size of the canvas, and there is one of it. */
function* image(cursor: ByteCursor, { type, size, state }: Chunk): Reading<Size> {
  state.images += 1;
  if (size < 10 && type === 'VP8 ') throw corrupt();
  if (size < 5) throw corrupt();
  const { width, height } = type === 'VP8L' ? yield* lossless(cursor) : yield* lossy(cursor);
  const { canvas } = state;
  const isOther = canvas !== undefined && (canvas.width !== width || canvas.height !== height);
  if (isOther || state.images > 1) throw corrupt();
  return { width, height };
}

function* lossless(cursor: ByteCursor): Reading<Size> {
  const head = yield* cursor.take(5);
  if (head.readUInt8(0) !== 0x2f) throw corrupt();
  const bits = head.readUInt32LE(1);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

function* lossy(cursor: ByteCursor): Reading<Size> {
  const head = yield* cursor.take(10);
  if ((head.readUInt8(0) & 1) !== 0 || head.readUIntBE(3, 3) !== 0x9d012a) throw corrupt();
  return { width: head.readUInt16LE(6) & 0x3fff, height: head.readUInt16LE(8) & 0x3fff };
}

const isImage = (type: string): boolean => type === 'VP8L' || type === 'VP8 ';
