import { ZipWriter } from '#zip/zip-writer.js';
import { RESULT_FORMATS, type JobOptions, type ResultFormat } from '#contracts/job-options.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { jfifOf, type Density } from '../formats/density.js';
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
import { encodePng, type PngSource } from './png-writer.js';
import { sharp } from '../raster/sharp.js';

/** The longest side that WebP's 14-bit size fields hold (RFC 9649). */
const WEBP_MAX_SIDE_PIXELS = 16_383;

/**
 * At quality 90 further bytes make no visible difference. Chroma is not subsampled (4:4:4): subsampling smears the
 * subject's edge into a plain background.
 */
const JPEG = { quality: 90, chromaSubsampling: '4:4:4' } as const;

/** Encoding of a result. */
export interface Encoding {
  /** A 16-bit result is always written as PNG. */
  format: ResultFormat;
  only: JobOptions['only'];
  /** Print density; WebP has no field for it. */
  density?: Density | undefined;
}

/** Encoding for the options, with `auto` resolved: PNG for transparent results and mattes, otherwise JPEG. */
export function encodingOf(
  image: AnyRaster,
  { format, only }: Pick<JobOptions, 'format' | 'only'>,
): Encoding {
  const chosen = RESULT_FORMATS.find((known) => known === format);
  return { format: chosen ?? (only !== 'cutout' || !isOpaque(image) ? 'png' : 'jpg'), only };
}

/**
 * Encodes a result, or its alpha alone as a gray image, or its colors alone. Of the source's metadata only the density is written. PNG and
 * WebP are lossless, JPEG flattens transparency on white, and a ZIP holds color as JPEG and alpha as PNG. `PngWriter`
 * takes about half of the CPU time of libpng with adaptive filters, on all cores, for files of the same size within 5
 * %.
 * @throws Problem `image-too-many-pixels` when WebP cannot hold the size; `processing-failed`
 */
export async function encodeCutout(image: AnyRaster, { format, only, density }: Encoding): Promise<Buffer> {
  if (format === 'webp' && Math.max(image.width, image.height) > WEBP_MAX_SIDE_PIXELS) {
    throw new Problem('image-too-many-pixels', { detail: 'WebP holds at most 16383 pixels a side' });
  }
  try {
    if (isDeep(image)) return await encodeDeepPng(image, density);
    if (format === 'zip') return await zipOf(image, density);
    const file = { format, density };
    switch (only) {
      case 'cutout':
        return await encodedColor(image, file);
      case 'alpha':
      case 'mask':
        return await encodedMatte(image, file);
      case 'foreground':
        return await encodedForeground(image, file);
    }
  } catch {
    throw new Problem('processing-failed');
  }
}

/** One image file of a result. */
interface ImageFile {
  format: Exclude<ResultFormat, 'zip'>;
  density: Density | undefined;
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
async function encodeDeepPng(image: DeepRaster, density: Density | undefined): Promise<Buffer> {
  const { width, height } = image;
  const channels = isOpaque(image) ? 3 : 4;
  const values = channels === 3 ? opaqueColors(image) : image.data;
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength).swap16();
  try {
    return await encodePng({ data, width, height, channels, depth: 16, density });
  } finally {
    wipe(data);
  }
}

/** `color.jpg` and `alpha.png`. Joined they are the cut-out, at a fraction of its size. */
async function zipOf(image: Raster, density: Density | undefined): Promise<Buffer> {
  const { width, height } = image;
  const data = colorPlanes(image);
  const owned: Uint8Array[] = [data];
  try {
    const color = await encodePixels({ data, width, height, channels: 3 }, { format: 'jpg', density });
    owned.push(color);
    const alpha = await encodedMatte(image, { format: 'png', density });
    owned.push(alpha);
    const zip = new ZipWriter();
    const pieces = [zip.head('color.jpg', color), color, zip.head('alpha.png', alpha), alpha, zip.end()];
    return Buffer.concat(pieces);
  } finally {
    wipe(...owned);
  }
}

function encodePixels(pixels: PngSource, { format, density }: ImageFile): Promise<Buffer> {
  switch (format) {
    case 'png':
      return encodePng({ ...pixels, density });
    case 'webp':
      return openPixels(pixels).webp({ lossless: true, effort: 0 }).toBuffer();
    case 'jpg':
      return encodeJpeg(pixels, density);
  }
}

/** JPEG by libjpeg. libvips writes no JFIF segment; with a density one is inserted after SOI. */
async function encodeJpeg(pixels: PngSource, density: Density | undefined): Promise<Buffer> {
  const jpeg = await openPixels(pixels).flatten({ background: '#fff' }).jpeg(JPEG).toBuffer();
  if (density === undefined) return jpeg;
  try {
    return Buffer.concat([jpeg.subarray(0, 2), jfifOf(density), jpeg.subarray(2)]);
  } finally {
    wipe(jpeg);
  }
}

function openPixels({ data, width, height, channels }: PngSource): ReturnType<typeof sharp> {
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  return channels === 1 ? image.toColourspace('b-w') : image;
}
