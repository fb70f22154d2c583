import { MAX_PROFILE_BYTES } from './image-facts.js';
import { orientationTiff, readOrientation } from './exif.js';
import type { Piece } from './file-piece.js';

const EXIF_HEAD = Buffer.from('Exif\0\0', 'latin1');

/** Flags of `VP8X` (RFC 9649, section 2.7). */
const HAS_PROFILE = 0x20;
const HAS_ALPHA = 0x10;
const HAS_EXIF = 0x08;
const ANIMATED = 0x02;

const HEAD_BYTES = 8;
const FRAME_HEAD_BYTES = 16;
const IMAGE_CHUNKS = new Set(['ALPH', 'VP8 ', 'VP8L']);

interface Chunk {
  type: string;
  from: number;
  to: number;
  body: Buffer;
}

/** Chunks of the RIFF container (section 2.3) that affect pixels. Only the first frame of an animation is kept. */
export function* webpPieces(file: Buffer): Generator<Piece, void> {
  yield { from: 0, to: 12 };
  const chunks = chunksOf(file, 12, file.length);
  const [first] = chunks;
  if (first?.type !== 'VP8X') {
    if (first !== undefined) yield first;
    return;
  }
  const kept = chooseChunks(chunks, first);
  yield canvas(first, kept);
  for (const chunk of chunks) {
    if (chunk === kept.exif) yield kept.orientation ?? Buffer.alloc(0);
    else if (chunk === kept.frame && kept.isStill) yield* imagesIn(file, chunk);
    else if (isKept(chunk, kept)) yield chunk;
  }
}

/** Chunks to keep of a file with a canvas. */
interface KeptChunks {
  profile: Chunk | undefined;
  exif: Chunk | undefined;
  orientation: Buffer | undefined;
  /** The first frame of an animation. */
  frame: Chunk | undefined;
  /** The image, or the first frame, covers the whole canvas. */
  isStill: boolean;
}

function chooseChunks(chunks: Chunk[], first: Chunk): KeptChunks {
  const isAnimated = ((first.body[0] ?? 0) & ANIMATED) !== 0;
  const frame = isAnimated ? chunks.find(({ type }) => type === 'ANMF') : undefined;
  const exif = chunks.find(({ type }) => type === 'EXIF');
  return {
    profile: chunks.find(({ type, body }) => type === 'ICCP' && body.length <= MAX_PROFILE_BYTES),
    exif,
    orientation: exif && orientationChunk(exif.body),
    frame,
    isStill: frame === undefined || coversCanvas(frame.body, first.body),
  };
}

function isKept(chunk: Chunk, { profile, frame, isStill }: KeptChunks): boolean {
  if (chunk === profile || chunk === frame) return true;
  return isStill ? frame === undefined && IMAGE_CHUNKS.has(chunk.type) : chunk.type === 'ANIM';
}

/** Image chunks of a frame, without its position and duration. */
const imagesIn = (file: Buffer, { from, to }: Chunk): Chunk[] =>
  chunksOf(file, from + HEAD_BYTES + FRAME_HEAD_BYTES, to).filter(({ type }) => IMAGE_CHUNKS.has(type));

/** Chunks in a range. One with a larger size ends at the range: the decoder reports the damage. */
function chunksOf(file: Buffer, begin: number, end: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = begin; from + HEAD_BYTES <= end;) {
    const size = file.readUInt32LE(from + 4);
    const to = Math.min(from + HEAD_BYTES + size + (size & 1), end);
    const type = file.toString('latin1', from, from + 4);
    chunks.push({ type, from, to, body: file.subarray(from + HEAD_BYTES, from + HEAD_BYTES + size) });
    from = to;
  }
  return chunks;
}

/** True for a frame that covers the canvas, which is an image by itself. */
function coversCanvas(frame: Buffer, canvasBody: Buffer): boolean {
  const isAtCorner = frame.readUIntLE(0, 3) === 0 && frame.readUIntLE(3, 3) === 0;
  return isAtCorner && frame.subarray(6, 12).equals(canvasBody.subarray(4, 10));
}

/** `VP8X` with flags of the kept chunks only. */
function canvas({ body }: Chunk, { profile, orientation, isStill }: KeptChunks): Buffer {
  const chunk = Buffer.alloc(HEAD_BYTES + 10);
  chunk.write('VP8X', 0, 'latin1');
  chunk.writeUInt32LE(10, 4);
  body.copy(chunk, HEAD_BYTES, 0, 10);
  const alpha = (body[0] ?? 0) & HAS_ALPHA;
  const others = [profile && HAS_PROFILE, orientation && HAS_EXIF, isStill ? 0 : ANIMATED];
  chunk[HEAD_BYTES] = others.reduce<number>((flags, flag) => flags | (flag ?? 0), alpha);
  return chunk;
}

/** TIFF structure of an EXIF chunk, which some writers prefix as in JPEG. */
const tiffOf = (exif: Buffer): Buffer =>
  exif.subarray(0, EXIF_HEAD.length).equals(EXIF_HEAD) ? exif.subarray(EXIF_HEAD.length) : exif;

/** TIFF structure of a file's EXIF. */
export function exifOfWebp(file: Buffer): Buffer | undefined {
  const chunk = chunksOf(file, 12, file.length).find(({ type }) => type === 'EXIF');
  return chunk && tiffOf(chunk.body);
}

function orientationChunk(exif: Buffer): Buffer | undefined {
  const orientation = readOrientation(tiffOf(exif));
  if (orientation === 1) return undefined;
  const body = orientationTiff(orientation);
  const head = Buffer.alloc(HEAD_BYTES);
  head.write('EXIF', 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}
