import { wipe } from '#crypto/wipe.js';
import { orientationTiff, readOrientation } from './exif.js';
import type { Piece } from './file-piece.js';
import { iccProfile } from './icc-profile.js';
import { chunksOf, isSound, pngChunk, profileData } from './png-chunks.js';
import { colorOf, takesProfile } from './png-color.js';

/** Critical chunks: the decoder reports errors in them. */
const CRITICAL = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
/** Other chunks that affect pixels, except for color. Damaged ones are removed. */
const HELPFUL = new Set(['tRNS', 'sBIT']);

/**
 * Chunks (third edition, section 5.3) that affect pixels. Later frames of an animation are removed. Color information
 * becomes a profile, which decoders apply: cICP, gAMA and cHRM are rewritten as one where that is exact, and are kept
 * otherwise (`codingToConvert`).
 */
export function* pngPieces(file: Buffer): Generator<Piece, void> {
  moveExifForward(file);
  yield { from: 0, to: 8 };
  const { coding, chunks } = colorOf(file);
  const asProfile = takesProfile(file) ? coding : undefined;
  const kept = new Set(asProfile === undefined ? chunks.map(({ from }) => from) : []);
  let isUpright = true;
  for (const chunk of chunksOf(file)) {
    const { type, from, to } = chunk;
    const isEmptyData = type === 'IDAT' && to - from === 12;
    if (CRITICAL.has(type) && !isEmptyData) yield { from, to };
    else if (HELPFUL.has(type) && isSound(file, chunk)) yield { from, to };
    else if (kept.has(from)) yield { from, to };
    else if (type === 'eXIf' && isUpright) {
      const exif = orientationChunk(file.subarray(from + 8, to - 4));
      isUpright = exif === undefined;
      if (exif !== undefined) yield exif;
    }
    if (type === 'IHDR' && asProfile !== undefined)
      yield pngChunk('iCCP', profileData(iccProfile(asProfile)));
  }
}

/** Moves EXIF before the pixels: it may come after them (11.3.4.3), where libpng-based readers ignore it. */
function moveExifForward(file: Buffer): void {
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
  return orientation === 1 ? undefined : pngChunk('eXIf', orientationTiff(orientation));
}
