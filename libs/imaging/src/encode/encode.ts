import { ZipWriter } from '#zip/zip-writer.js';
import { RESULT_FORMATS, type JobOptions, type ResultFormat } from '#contracts/job-options.js';
import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import {
  alphaPlane,
  colorPlanes,
  isDeep,
  isOpaque,
  opaqueColors,
  type AnyRaster,
  type DeepRaster,
  type Raster,
} from '../raster/raster.js';
import { encodeWithSharp, type FileOptions } from './lossy.js';
import { encodePng, type PngSource } from './png-writer.js';

/** Longest sides: WebP's size fields have 14 bits (RFC 9649); libvips writes no longer side of an AVIF. */
const MAX_SIDE_PIXELS: Partial<Record<ResultFormat, number>> = { webp: 16_383, avif: 16_384 };

/** Encoding of a result. */
export interface Encoding extends FileOptions {
  /** A 16-bit result is always written as PNG. */
  format: ResultFormat;
  only: JobOptions['only'];
}

/** Options that determine the encoding. */
export type EncodingOptions = Pick<JobOptions, 'format' | 'only' | 'quality' | 'max_bytes'>;

/** Encoding for the options, with `auto` resolved: PNG for transparent results and mattes, otherwise JPEG. */
export function encodingOf(
  image: AnyRaster,
  { format, only, quality, max_bytes: maxBytes }: EncodingOptions,
): Encoding {
  const chosen = RESULT_FORMATS.find((known) => known === format);
  const isMatte = only !== 'cutout';
  return { format: chosen ?? (isMatte || !isOpaque(image) ? 'png' : 'jpg'), only, quality, maxBytes };
}

/**
 * Encodes a result, or its alpha alone as a gray image, or its colors alone. Of the source's metadata only the density is written,
 * and the color profile that the caller gives. JPEG flattens transparency on white. A ZIP holds the color as JPEG, or the cut-out
 * as PNG, and the alpha as PNG. `PngWriter`
 * takes about half of the CPU time of libpng with adaptive filters, on all cores, for files of the same size within 5
 * %.
 * @throws Problem `image-too-many-pixels` when the format cannot hold the size; `max-bytes-too-small`; `processing-failed`
 */
export async function encodeCutout(image: AnyRaster, encoding: Encoding): Promise<Buffer> {
  const { format, only, ...options } = encoding;
  const maxSide = MAX_SIDE_PIXELS[format] ?? Infinity;
  if (Math.max(image.width, image.height) > maxSide) {
    throw failure('image-too-many-pixels', { max_format_pixels: maxSide });
  }
  try {
    if (isDeep(image)) return await encodeDeepPng(image, options);
    if (format === 'zip') return await zipOf(image, only, options);
    const file = { format, ...options };
    switch (only) {
      case 'cutout':
      case 'both':
        return await encodedColor(image, file);
      case 'alpha':
      case 'mask':
        return await encodedMatte(image, { ...file, profile: undefined });
      case 'foreground':
        return await encodedForeground(image, file);
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('processing-failed');
  }
}

/** One image file of a result. */
interface ImageFile extends FileOptions {
  format: Exclude<ResultFormat, 'zip'>;
}

async function encodedMatte(image: Raster, file: ImageFile): Promise<Buffer> {
  const { width, height } = image;
  const data = alphaPlane(image);
  try {
    return await encodePixels({ data, width, height, channels: 1 }, file);
  } finally {
    wipe(data);
  }
}

/** An opaque PNG is written without alpha: a fifth less data to compress. */
async function encodedColor(image: Raster, file: ImageFile): Promise<Buffer> {
  const { data, width, height } = image;
  if (file.format !== 'png' || !isOpaque(image)) {
    return encodePixels({ data, width, height, channels: 4 }, file);
  }
  const color = colorPlanes(image);
  try {
    return await encodePixels({ data: color, width, height, channels: 3 }, file);
  } finally {
    wipe(color);
  }
}

/** Colors without alpha. Invisible pixels have the mean color of the subject. */
async function encodedForeground(image: Raster, file: ImageFile): Promise<Buffer> {
  const { width, height } = image;
  const data = colorPlanes(image);
  try {
    return await encodePixels({ data, width, height, channels: 3 }, file);
  } finally {
    wipe(data);
  }
}

/** PNG of 16 bits a value. The image cannot be used afterwards: its bytes are swapped, because PNG is big-endian. */
async function encodeDeepPng(image: DeepRaster, { density, profile }: FileOptions): Promise<Buffer> {
  const { width, height } = image;
  const channels = isOpaque(image) ? 3 : 4;
  const values = channels === 3 ? opaqueColors(image) : image.data;
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength).swap16();
  try {
    return await encodePng({ data, width, height, channels, depth: 16, density, profile });
  } finally {
    wipe(data);
  }
}

/**
 * `color.jpg` and `alpha.png`: joined they are the cut-out, at a fraction of its size. With `only=both`, `cutout.png` and
 * `alpha.png`.
 */
async function zipOf(
  image: Raster,
  only: Encoding['only'],
  { density, profile }: FileOptions,
): Promise<Buffer> {
  const isBoth = only === 'both';
  const owned: Uint8Array[] = [];
  try {
    const color = await (isBoth
      ? encodedColor(image, { format: 'png', density, profile })
      : encodedForeground(image, { format: 'jpg', density, profile }));
    owned.push(color);
    const alpha = await encodedMatte(image, { format: 'png', density });
    owned.push(alpha);
    const zip = new ZipWriter();
    const head = zip.head(isBoth ? 'cutout.png' : 'color.jpg', color);
    return Buffer.concat([head, color, zip.head('alpha.png', alpha), alpha, zip.end()]);
  } finally {
    wipe(...owned);
  }
}

const encodePixels = (pixels: PngSource, { format, ...options }: ImageFile): Promise<Buffer> =>
  format === 'png'
    ? encodePng({ ...pixels, density: options.density, profile: options.profile })
    : encodeWithSharp(pixels, format, options);
