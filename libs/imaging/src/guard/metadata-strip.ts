import { avifPieces } from '../formats/avif-strip.js';
import { wipe } from '#crypto/wipe.js';
import type { Piece } from '../formats/file-piece.js';
import type { ImageFacts, ImageFormat } from '../formats/image-facts.js';
import { jpegPieces } from '../formats/jpeg-strip.js';
import { pngPieces } from '../formats/png-strip.js';
import { webpPieces } from '../formats/webp-strip.js';

/** Formats that decoders read. Of the others own code reads the pixels and nothing else. */
const PIECES_OF: Partial<Record<ImageFormat, (file: Buffer) => Iterable<Piece>>> = {
  jpeg: jpegPieces,
  png: pngPieces,
  webp: webpPieces,
  avif: avifPieces,
};

/**
 * Takes out of an image, in place, whatever does not decide about its pixels: camera data, places, thumbnails,
 * comments, XMP, all frames but the first, and what stands behind its end. What is not there no decoder can leave in
 * its memory, or stumble over. The orientation and the colors' profile stay; a format's other words on colors are
 * written as a profile.
 * @param facts what the guard has found out about this file
 * @returns the stripped file: a part of the buffer, of which the rest is wiped; or, where what was added does not fit,
 * a buffer of its own, which the caller wipes, and the one given is wiped
 */
export function stripMetadata(file: Buffer, { format, bytes }: ImageFacts & { bytes: number }): Buffer {
  const pieces = PIECES_OF[format];
  if (pieces === undefined) throw new Error('a format that no decoder reads');
  const stripped = joined(file, [...pieces(file.subarray(0, bytes))]);
  if (format === 'webp') stripped.writeUInt32LE(stripped.length - 8, 4);
  return stripped;
}

/** What is kept, moved together. */
function joined(file: Buffer, pieces: readonly Piece[]): Buffer {
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  const fits = length <= file.length && movesForward(pieces);
  const target = fits ? file : Buffer.allocUnsafeSlow(length);
  let end = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) piece.copy(target, end);
    else file.copy(target, end, piece.from, piece.to);
    end += lengthOf(piece);
  }
  if (!fits) wipe(file);
  else file.fill(0, length);
  return target.subarray(0, length);
}

const lengthOf = (piece: Piece): number => (Buffer.isBuffer(piece) ? piece.length : piece.to - piece.from);

/** True when no piece has to be moved back, over one that is still to come. */
function movesForward(pieces: readonly Piece[]): boolean {
  let end = 0;
  return pieces.every((piece) => {
    const isInPlace = Buffer.isBuffer(piece) || end <= piece.from;
    end += lengthOf(piece);
    return isInPlace;
  });
}
