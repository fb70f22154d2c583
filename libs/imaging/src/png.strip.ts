import { crc32, inflateSync } from 'node:zlib';
import { wipe } from '#vault/wipe.js';
import { MAX_PROFILE_BYTES } from './colour.profile.js';
import { orientationTiff, readOrientation } from './exif.orientation.js';
import type { Piece } from './file.piece.js';

/** Chunks that no reader can do without: what is wrong with them the decoder says. */
const CRITICAL = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
/** Others that decide about pixels. A damaged one counts for nothing. */
const HELPFUL = new Set(['tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'sBIT']);

/** Chunks (third edition, section 5.3) that decide about pixels. Frames of an animation beyond its first are none. */
export function* pngPieces(file: Buffer): Generator<Piece, void> {
  bringForward(file);
  yield { from: 0, to: 8 };
  let upright = true;
  for (const { type, from, to } of chunksOf(file)) {
    const body = file.subarray(from + 8, to - 4);
    const isEmptyData = type === 'IDAT' && body.length === 0;
    if (CRITICAL.has(type) && !isEmptyData) yield { from, to };
    else if (HELPFUL.has(type) && isSound(file, from, to) && (type !== 'iCCP' || isProfile(body))) {
      yield { from, to };
    } else if (type === 'eXIf' && upright) {
      const exif = orientationChunk(body);
      upright = exif === undefined;
      if (exif !== undefined) yield exif;
    }
  }
}

interface Chunk {
  type: string;
  from: number;
  to: number;
}

function* chunksOf(file: Buffer): Generator<Chunk, void> {
  for (let from = 8; from + 12 <= file.length;) {
    const to = from + 12 + file.readUInt32BE(from);
    yield { type: file.toString('latin1', from + 4, from + 8), from, to };
    from = to;
  }
}

/** An orientation may stand behind the pixels (11.3.4.3), where libpng's readers no longer look: it comes before them. */
function bringForward(file: Buffer): void {
  let dataFrom: number | undefined;
  for (const { type, from, to } of chunksOf(file)) {
    if (type === 'IDAT') dataFrom ??= from;
    if (type !== 'eXIf') continue;
    if (dataFrom === undefined) return;
    const exif = Buffer.from(file.subarray(from, to));
    file.copyWithin(dataFrom + exif.length, dataFrom, from);
    exif.copy(file, dataFrom);
    wipe(exif);
    return;
  }
}

const isSound = (file: Buffer, from: number, to: number): boolean =>
  crc32(file.subarray(from + 4, to - 4)) === file.readUInt32BE(to - 4);

/** A name, a zero, the method, and the deflated profile: a few bytes can stand for gigabytes. */
function isProfile(body: Buffer): boolean {
  const zero = body.subarray(0, 80).indexOf(0);
  if (zero === -1 || body[zero + 1] !== 0) return false;
  try {
    wipe(inflateSync(body.subarray(zero + 2), { maxOutputLength: MAX_PROFILE_BYTES }));
    return true;
  } catch {
    return false;
  }
}

function orientationChunk(tiff: Buffer): Buffer | undefined {
  const orientation = readOrientation(tiff);
  if (orientation === 1) return undefined;
  const typed = Buffer.concat([Buffer.from('eXIf', 'latin1'), orientationTiff(orientation)]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(typed.length - 4, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return chunk;
}
