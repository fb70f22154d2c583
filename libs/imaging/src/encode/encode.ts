import { ZipWriter } from '#zip/zip-writer.js';
import { RESULT_FORMATS, type JobOptions, type ResultFormat } from '#contracts/job-options.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { jfifOf, type Density } from '../formats/density.js';
import { isOpaque } from '../raster/raster-facts.js';
import { alphaPlane, colorPlanes, opaqueColors } from '../raster/raster-planes.js';
import { isDeep, type AnyRaster, type DeepRaster, type Raster } from '../raster/raster-shape.js';
import { encodePng, type PngSource } from './png-writer.js';
import { sharp } from '../raster/sharp.js';

/** The longest side that WebP's 14-bit size fields hold (RFC 9649). */
const WEBP_MAX_SIDE_PIXELS = 16_383;

/**
 * Quality 90 is where further bytes stop being seen. Colour is kept at full resolution (4:4:4): halved, it smears
 * over a subject's edge into a plain background, which is just what these images consist of.
 */
const JPEG = { quality: 90, chromaSubsampling: '4:4:4' } as const;

/** What decides about the bytes of a result. */
export interface Encoding {
  /** What has 16 bits a value is written as PNG, whatever this says. */
  format: ResultFormat;
  channels: JobOptions['channels'];
  /** How large it is to be printed; WebP has no place for it. */
  density?: Density | undefined;
}

/** The options' encoding, with `auto` decided: PNG for whatever is transparent and for a matte, else JPEG. */
export function encodingOf(
  image: AnyRaster,
  { format, channels }: Pick<JobOptions, 'format' | 'channels'>,
): Encoding {
  const chosen = RESULT_FORMATS.find((known) => known === format);
  return { format: chosen ?? (channels === 'alpha' || !isOpaque(image) ? 'png' : 'jpg'), channels };
}

/**
 * Encodes a result, or its alpha alone as a grey image; of the source's metadata the density alone is written. PNG and WebP are
 * lossless, JPEG puts what is transparent on white, and a ZIP holds colour as JPEG and alpha as PNG.
 * PNG has a writer of its own, because it takes about half of the processor time of libpng with adaptive filters, on
 * all cores, for files of the same size within 5 %.
 * @throws Problem `image-too-many-pixels` when WebP cannot hold the size; `processing-failed`
 */
export async function encodeCutout(
  image: AnyRaster,
  { format, channels, density }: Encoding,
): Promise<Buffer> {
  if (format === 'webp' && Math.max(image.width, image.height) > WEBP_MAX_SIDE_PIXELS) {
    throw new Problem('image-too-many-pixels', { detail: 'WebP holds at most 16383 pixels a side' });
  }
  try {
    if (isDeep(image)) return await encodeDeepPng(image, density);
    if (format === 'zip') return await zipOf(image, density);
    const file = { format, density };
    return await (channels === 'alpha' ? encodedMatte(image, file) : encodedColor(image, file));
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

/** An opaque PNG is written without alpha: a fifth less to compress, and readers need not look for holes. */
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

/** PNG of 16 bits a value. The image is of no further use: its bytes are swapped, because PNG has the high one first. */
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

/** `color.jpg` and `alpha.png`: put together they are the cut-out, at a part of its size. */
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
      return opened(pixels).webp({ lossless: true, effort: 0 }).toBuffer();
    case 'jpg':
      return encodeJpeg(pixels, density);
  }
}

/** libjpeg's file, in which libvips writes no JFIF segment; with a density one follows the first marker. */
async function encodeJpeg(pixels: PngSource, density: Density | undefined): Promise<Buffer> {
  const jpeg = await opened(pixels).flatten({ background: '#fff' }).jpeg(JPEG).toBuffer();
  if (density === undefined) return jpeg;
  try {
    return Buffer.concat([jpeg.subarray(0, 2), jfifOf(density), jpeg.subarray(2)]);
  } finally {
    wipe(jpeg);
  }
}

function opened({ data, width, height, channels }: PngSource): ReturnType<typeof sharp> {
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  return channels === 1 ? image.toColourspace('b-w') : image;
}
