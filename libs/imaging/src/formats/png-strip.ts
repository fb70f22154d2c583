import { crc32, deflateSync } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';
import { orientationTiff, readOrientation } from './exif-orientation.js';
import type { Piece } from './file-piece.js';
import { iccProfile } from './icc-profile.js';
import { chunksOf, colorOf, isSound, takesProfile } from './png-color.js';

/** Chunks that no reader can do without: what is wrong with them the decoder says. */
const CRITICAL = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
/** Others that decide about pixels, those of colors apart. A damaged one counts for nothing. */
const HELPFUL = new Set(['tRNS', 'sBIT']);

/**
 * Chunks (third edition, section 5.3) that decide about pixels. Frames of an animation beyond its first are none. Of
 * what is said of colors a profile is left, which decoders apply: cICP, gAMA and cHRM are written as one where that is
 * exact, and stay elsewhere (`codingToConvert`).
 */
export function* pngPieces(file: Buffer): Generator<Piece, void> {
  bringForward(file);
  yield { from: 0, to: 8 };
  const { coding, chunks } = colorOf(file);
  const asProfile = takesProfile(file) ? coding : undefined;
  const kept = new Set(asProfile === undefined ? chunks.map(({ from }) => from) : []);
  let upright = true;
  for (const chunk of chunksOf(file)) {
    const { type, from, to } = chunk;
    const isEmptyData = type === 'IDAT' && to - from === 12;
    if (CRITICAL.has(type) && !isEmptyData) yield { from, to };
    else if (HELPFUL.has(type) && isSound(file, chunk)) yield { from, to };
    else if (kept.has(from)) yield { from, to };
    else if (type === 'eXIf' && upright) {
      const exif = orientationChunk(file.subarray(from + 8, to - 4));
      upright = exif === undefined;
      if (exif !== undefined) yield exif;
    }
    if (type === 'IHDR' && asProfile !== undefined) yield profileChunk(iccProfile(asProfile));
  }
}

/** A profile's chunk: a name, a zero, the method, and the deflated profile (11.3.2.3). */
const profileChunk = (profile: Buffer): Buffer =>
  chunkOf('iCCP', Buffer.concat([Buffer.from('c\0\0', 'latin1'), deflateSync(profile)]));

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

function orientationChunk(tiff: Buffer): Buffer | undefined {
  const orientation = readOrientation(tiff);
  return orientation === 1 ? undefined : chunkOf('eXIf', orientationTiff(orientation));
}

function chunkOf(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}
