import { avifPieces } from './avif.strip.js';
import type { Piece } from './file.piece.js';
import type { ImageFacts, ImageFormat } from './image.facts.js';
import { jpegPieces } from './jpeg.strip.js';
import { pngPieces } from './png.strip.js';
import { webpPieces } from './webp.strip.js';

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
 * its memory, or stumble over. The orientation and the colour profile stay. The rest of the buffer is wiped; the
 * shorter file is returned as a part of it.
 * @param facts what the guard has found out about this file
 */
export function stripMetadata(file: Buffer, { format, bytes }: ImageFacts & { bytes: number }): Buffer {
  const pieces = PIECES_OF[format];
  if (pieces === undefined) throw new Error('a format that no decoder reads');
  const length = compact(file, pieces(file.subarray(0, bytes)));
  if (format === 'webp') file.writeUInt32LE(length - 8, 4);
  file.fill(0, length);
  return file.subarray(0, length);
}

/** Moves what is kept together. A replacement is never longer than what it replaces. Returns the new length. */
function compact(file: Buffer, pieces: Iterable<Piece>): number {
  let end = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) end += piece.copy(file, end);
    else {
      file.copyWithin(end, piece.from, piece.to);
      end += piece.to - piece.from;
    }
  }
  return end;
}
