import { avifPieces } from '../formats/avif-strip.js';
import { wipe } from '#crypto/wipe.js';
import type { Piece } from '../formats/file-piece.js';
import type { ImageFacts, ImageFormat } from '../formats/image-facts.js';
import { jpegPieces } from '../formats/jpeg-strip.js';
import { pngPieces } from '../formats/png-strip.js';
import { webpPieces } from '../formats/webp-strip.js';

/** Formats that native decoders read. The others are decoded in TypeScript, which reads only their pixels. */
const PIECES_OF: Partial<Record<ImageFormat, (file: Buffer) => Iterable<Piece>>> = {
  jpeg: jpegPieces,
  png: pngPieces,
  webp: webpPieces,
  avif: avifPieces,
};

/**
 * Removes from an image, in place, everything that does not affect its pixels: camera data, GPS positions,
 * thumbnails, comments, XMP, all frames but the first, and trailing bytes. Decoders then cannot copy it into their
 * memory, or fail on it. The orientation and the color profile are kept; other color information is rewritten as a
 * profile.
 * @param facts what the guard found out about this file
 * @returns the stripped file: a part of the buffer, whose remainder is wiped. If added bytes do not fit, a new
 * buffer, which the caller wipes; the given one is wiped
 */
export function stripMetadata(file: Buffer, { format, bytes }: ImageFacts & { bytes: number }): Buffer {
  const pieces = PIECES_OF[format];
  if (pieces === undefined) throw new Error('a format that no decoder reads');
  const stripped = joined(file, [...pieces(file.subarray(0, bytes))]);
  if (format === 'webp') stripped.writeUInt32LE(stripped.length - 8, 4);
  return stripped;
}

/** The kept pieces, joined. */
function joined(file: Buffer, pieces: readonly Piece[]): Buffer {
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  const isInPlace = length <= file.length && movesForward(pieces);
  const target = isInPlace ? file : Buffer.allocUnsafeSlow(length);
  let end = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) piece.copy(target, end);
    else file.copy(target, end, piece.from, piece.to);
    end += lengthOf(piece);
  }
  if (!isInPlace) wipe(file);
  else file.fill(0, length);
  return target.subarray(0, length);
}

const lengthOf = (piece: Piece): number => (Buffer.isBuffer(piece) ? piece.length : piece.to - piece.from);

/** True when no piece moves over one that has not been copied yet. */
function movesForward(pieces: readonly Piece[]): boolean {
  let end = 0;
  return pieces.every((piece) => {
    const fitsInPlace = Buffer.isBuffer(piece) || end <= piece.from;
    end += lengthOf(piece);
    return fitsInPlace;
  });
}
