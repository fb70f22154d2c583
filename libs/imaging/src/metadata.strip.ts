import { crc32 } from 'node:zlib';
import { orientationTiff, readOrientation } from './exif.orientation.js';
import { probeFile, type ImageFormat } from './image.probe.js';

const EXIF_HEAD = Buffer.from('Exif\0\0', 'latin1');
const ICC_HEAD = Buffer.from('ICC_PROFILE\0', 'latin1');

/** PNG chunks that decide about pixels; of the others only the orientation is kept. */
const PNG_KEPT = new Set('IHDR PLTE tRNS IDAT IEND gAMA cHRM sRGB iCCP cICP sBIT acTL fcTL fdAT'.split(' '));
/** WebP chunks that decide about pixels. */
const WEBP_KEPT = new Set(['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ICCP', 'ANIM', 'ANMF']);

/** A piece of a file: a range to keep, or bytes to put in its place. */
type Piece = { from: number; to: number } | Buffer;

/**
 * Takes out of an image, in place, whatever does not decide about its pixels: camera data, places, thumbnails,
 * comments, XMP. What is not there no decoder can leave in its memory. The orientation and the colour profile
 * stay. The rest of the buffer is wiped; the shorter file is returned as a part of it.
 * @throws Problem `image-type-unsupported` | `image-corrupt`
 */
export function stripMetadata(file: Buffer): Buffer {
  const { format } = probeFile(file);
  const length = compact(file, PIECES_OF[format](file));
  if (format === 'webp') mendRiff(file, length);
  file.fill(0, length);
  return file.subarray(0, length);
}

const PIECES_OF: Record<ImageFormat, (file: Buffer) => Generator<Piece, void>> = {
  jpeg: jpegPieces,
  png: pngPieces,
  webp: webpPieces,
};

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

/** Segments up to the first scan (ITU-T T.81 annex B), then everything. */
function* jpegPieces(file: Buffer): Generator<Piece, void> {
  yield { from: 0, to: 2 };
  for (let at = 2; at + 4 <= file.length;) {
    const marker = file[at + 1] ?? 0;
    // Fill bytes, and strays that decoders skip too.
    if (file[at] !== 0xff || marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (marker === 0xda || end > file.length || end < at + 4) {
      yield { from: at, to: file.length };
      return;
    }
    yield* jpegSegment(file, { marker, from: at, to: end });
    at = end;
  }
}

function* jpegSegment(
  file: Buffer,
  { marker, from, to }: { marker: number; from: number; to: number },
): Generator<Piece, void> {
  const body = file.subarray(from + 4, to);
  const isApplication = marker >= 0xe0 && marker <= 0xef;
  const isProfile = marker === 0xe2 && startsWith(body, ICC_HEAD);
  if (marker === 0xe1 && startsWith(body, EXIF_HEAD)) {
    const orientation = readOrientation(body.subarray(EXIF_HEAD.length));
    if (orientation !== 1) {
      const exif = Buffer.concat([EXIF_HEAD, orientationTiff(orientation)]);
      const length = exif.length + 2;
      yield Buffer.concat([Buffer.from([0xff, 0xe1, length >> 8, length & 0xff]), exif]);
    }
  } else if (marker === 0xe0 || marker === 0xee || isProfile || !(isApplication || marker === 0xfe)) {
    yield { from, to };
  }
}

/** Chunks (ISO/IEC 15948 §5.3). A chunk cut short is left to the decoder. */
function* pngPieces(file: Buffer): Generator<Piece, void> {
  yield { from: 0, to: 8 };
  for (let from = 8; from + 12 <= file.length;) {
    const to = from + 12 + file.readUInt32BE(from);
    const type = file.toString('latin1', from + 4, from + 8);
    if (PNG_KEPT.has(type)) yield { from, to: Math.min(to, file.length) };
    else if (type === 'eXIf' && to <= file.length) yield* pngOrientation(file.subarray(from + 8, to - 4));
    if (type === 'IEND' || to > file.length) return;
    from = to;
  }
}

function* pngOrientation(tiff: Buffer): Generator<Piece, void> {
  const orientation = readOrientation(tiff);
  if (orientation === 1) return;
  const typed = Buffer.concat([Buffer.from('eXIf', 'latin1'), orientationTiff(orientation)]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(typed.length - 4, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  yield chunk;
}

/** Chunks of the RIFF container (RFC 9649 §2.3). A chunk cut short is left to the decoder. */
function* webpPieces(file: Buffer): Generator<Piece, void> {
  yield { from: 0, to: 12 };
  for (let from = 12; from + 8 <= file.length;) {
    const size = file.readUInt32LE(from + 4);
    const to = from + 8 + size + (size & 1);
    const type = file.toString('latin1', from, from + 4);
    if (WEBP_KEPT.has(type)) yield { from, to: Math.min(to, file.length) };
    else if (type === 'EXIF') yield* webpOrientation(file.subarray(from + 8, from + 8 + size));
    from = to;
  }
}

function* webpOrientation(exif: Buffer): Generator<Piece, void> {
  const tiff = startsWith(exif, EXIF_HEAD) ? exif.subarray(EXIF_HEAD.length) : exif;
  const orientation = readOrientation(tiff);
  if (orientation === 1) return;
  const body = orientationTiff(orientation);
  const head = Buffer.from('EXIF\0\0\0\0', 'latin1');
  head.writeUInt32LE(body.length, 4);
  yield Buffer.concat([head, body]);
}

/** The container's own length, and its word on what it holds: no XMP, EXIF only when it is still there. */
function mendRiff(file: Buffer, length: number): void {
  file.writeUInt32LE(length - 8, 4);
  if (file.toString('latin1', 12, 16) !== 'VP8X') return;
  const hasExif = file.subarray(0, length).includes('EXIF', 12, 'latin1');
  const flags = file[20] ?? 0;
  file[20] = (flags & ~0x0c) | (hasExif ? 0x08 : 0);
}

const startsWith = (bytes: Buffer, head: Buffer): boolean => bytes.subarray(0, head.length).equals(head);
