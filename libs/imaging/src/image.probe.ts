import { Problem } from '#contracts/problem.catalogue.js';

/** Containers the service takes. */
export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** What a header tells. Sizes are of the stored pixels: an EXIF orientation may swap them when shown. */
export interface ImageFacts {
  format: ImageFormat;
  /** Pixels, at least 1. */
  width: number;
  /** Pixels, at least 1. */
  height: number;
  /** Progressive JPEG or interlaced PNG: no row is complete before the last byte has been read. */
  progressive: boolean;
}

/** Largest image the service takes. */
export interface ImageLimits {
  maxPixels: number;
  /** The same for progressive JPEG and interlaced PNG, which cost more to open. */
  maxProgressivePixels: number;
  maxSidePixels: number;
}

/** Answer of `probeImage` when the header goes on beyond the bytes given. */
export const NEED_MORE = 'need-more-bytes';

/**
 * Bounds on what may stand before a JPEG's frame header, so that probing again as bytes arrive stays cheap.
 * 2,048 full segments are 128 MiB of metadata, which nothing real has.
 */
const MAX_JPEG_SEGMENTS = 2048;
const MAX_JPEG_STRAY_BYTES = 4096;

const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_MAGIC = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];

/**
 * Reads format and size from the first bytes of a file; no pixel is decoded. Call it with whatever has arrived
 * and again with more after `NEED_MORE`.
 * @throws Problem `image-type-unsupported` when the first bytes are of no JPEG, PNG or WebP
 * @throws Problem `image-corrupt` when the header contradicts its format
 */
export function probeImage(head: Uint8Array): ImageFacts | typeof NEED_MORE {
  if (startsWith(head, 0, JPEG_MAGIC)) return head.length < 3 ? NEED_MORE : probeJpeg(head);
  if (startsWith(head, 0, PNG_MAGIC)) return head.length < 29 ? NEED_MORE : probePng(head);
  if (startsWith(head, 0, RIFF) && startsWith(head, 8, WEBP)) {
    return head.length < 30 ? NEED_MORE : probeWebp(head);
  }
  throw new Problem('image-type-unsupported');
}

/**
 * `probeImage` for a complete file, where a header that goes on past the end is damage.
 * @throws Problem `image-type-unsupported` | `image-corrupt`
 */
export function probeFile(file: Uint8Array): ImageFacts {
  const facts = file.length === 0 ? NEED_MORE : probeImage(file);
  if (facts === NEED_MORE) throw new Problem('image-corrupt');
  return facts;
}

/** @throws Problem `image-too-many-pixels` when the image is beyond a limit */
export function checkDimensions(facts: ImageFacts, limits: ImageLimits): void {
  const { width, height } = facts;
  const maxPixels = facts.progressive ? limits.maxProgressivePixels : limits.maxPixels;
  const tooLong = Math.max(width, height) > limits.maxSidePixels;
  if (tooLong || width * height > Math.min(maxPixels, limits.maxPixels))
    throw new Problem('image-too-many-pixels');
}

/** True when the bytes at `offset`, as far as they are there, agree with `magic`. */
function startsWith(bytes: Uint8Array, offset: number, magic: number[]): boolean {
  return magic.every((value, i) => offset + i >= bytes.length || bytes[offset + i] === value);
}

function sized(format: ImageFormat, width: number, height: number, progressive = false): ImageFacts {
  if (width < 1 || height < 1) throw new Problem('image-corrupt');
  return { format, width, height, progressive };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** PNG (W3C, third edition, 11.2.1): IHDR is the first chunk, 13 bytes long, sizes are 31 bits; its last byte tells of interlacing. */
function probePng(head: Uint8Array): ImageFacts {
  const view = viewOf(head);
  const [length, type] = [view.getUint32(8), view.getUint32(12)];
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (length !== 13 || type !== 0x49484452) throw new Problem('image-corrupt');
  if (width > 0x7fffffff || height > 0x7fffffff) throw new Problem('image-corrupt');
  const interlace = view.getUint8(28);
  return sized('png', width, height, interlace !== 0);
}

/** WebP (RFC 9649): the first chunk is `VP8X` (canvas), `VP8L` (lossless) or `VP8 ` (lossy, RFC 6386 9.1). */
function probeWebp(head: Uint8Array): ImageFacts {
  const view = viewOf(head);
  switch (view.getUint32(12)) {
    case 0x56503858: {
      const side = (at: number): number => 1 + view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
      return sized('webp', side(24), side(27));
    }
    case 0x5650384c: {
      if (view.getUint8(20) !== 0x2f) break;
      const bits = view.getUint32(21, true);
      return sized('webp', 1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
    }
    case 0x56503820: {
      if ((view.getUint8(20) & 1) !== 0 || !startsWith(head, 23, [0x9d, 0x01, 0x2a])) break;
      return sized('webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    }
  }
  throw new Problem('image-corrupt');
}

/** JPEG (ITU-T T.81, B.1.1): walks the marker segments up to the frame header. */
function probeJpeg(head: Uint8Array): ImageFacts | typeof NEED_MORE {
  const view = viewOf(head);
  let at = 2;
  let stray = 0;
  for (let segments = 0; segments < MAX_JPEG_SEGMENTS;) {
    if (at + 4 > head.length) return NEED_MORE;
    const marker = view.getUint16(at);
    if (marker <= 0xff00 || marker === 0xffff) {
      // Fill bytes before a marker are legal, stray bytes are tolerated by every decoder: both within bounds.
      at += 1;
      stray += 1;
      if (stray > MAX_JPEG_STRAY_BYTES) break;
      continue;
    }
    segments += 1;
    if (isStandalone(marker)) {
      at += 2;
      continue;
    }
    // A scan or the end of the image before any frame header.
    if (marker === 0xffda || marker === 0xffd9) break;
    const length = view.getUint16(at + 2);
    if (length < 2) break;
    if (isFrameHeader(marker)) {
      if (at + 9 > head.length) return NEED_MORE;
      return sized('jpeg', view.getUint16(at + 7), view.getUint16(at + 5), isProgressive(marker));
    }
    at += 2 + length;
  }
  throw new Problem('image-corrupt');
}

/** TEM, RST0–RST7 and SOI have no length. */
const isStandalone = (marker: number): boolean => marker === 0xff01 || (marker >= 0xffd0 && marker <= 0xffd8);

/** SOF0–SOF15 without DHT, JPG and DAC, which share the range. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xffc0 && marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc;

/** SOF2, SOF6, SOF10 and SOF14: the image comes in several scans over all of it. */
const isProgressive = (marker: number): boolean => (marker & 3) === 2;
