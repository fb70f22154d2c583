import { compact, type Piece } from './file.piece.js';
import type { ImageFacts, ImageFormat } from './image.facts.js';
import { jpegPieces } from './jpeg.strip.js';
import { pngPieces } from './png.strip.js';
import { webpPieces } from './webp.strip.js';

/** The pieces of a file of each format that decide about its pixels, in the order of the file. */
const PIECES_OF: Record<ImageFormat, (file: Buffer) => Iterable<Piece>> = {
  jpeg: jpegPieces,
  png: pngPieces,
  webp: webpPieces,
};

/**
 * Takes out of an image, in place, whatever does not decide about its pixels: camera data, places, thumbnails,
 * comments, XMP, all frames but the first, and what stands behind its end. What is not there no decoder can leave in
 * its memory, or stumble over. The orientation and the colour profile stay. The rest of the buffer is wiped; the
 * shorter file is returned as a part of it.
 * @param facts what the guard has found out about this file
 */
export function stripMetadata(file: Buffer, { format, bytes }: ImageFacts & { bytes: number }): Buffer {
  const length = compact(file, PIECES_OF[format](file.subarray(0, bytes)));
  if (format === 'webp') file.writeUInt32LE(length - 8, 4);
  file.fill(0, length);
  return file.subarray(0, length);
}
