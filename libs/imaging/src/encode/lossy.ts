import type { Sharp } from 'sharp';
import type { LOSSY_FORMATS } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { jfifOf, type Density } from '../formats/density.js';
import { profileSegments } from '../formats/jpeg-strip.js';
import { uncompressedPng } from '../formats/plain-image.js';
import { sharp } from '../raster/sharp.js';
import { fitBytes } from './fit-bytes.js';
import type { PngSource } from './png-writer.js';

/** Formats of sharp's encoders. */
export type SharpFormat = (typeof LOSSY_FORMATS)[number];

/** How a file is encoded. */
export interface FileOptions {
  /** 1 to 100. Without it and `maxBytes`, WebP is lossless. */
  quality?: number | undefined;
  /** Maximum size of the file in bytes. */
  maxBytes?: number | undefined;
  /** Print density; only JPEG has a field for it. */
  density?: Density | undefined;
  /** ICC profile of the pixels; none means sRGB. */
  profile?: Buffer | undefined;
}

/**
 * Quality of a file without `quality`: at 90 further bytes of a JPEG make no visible difference; AVIF at 80 has an SSIM of 0.98 on the
 * subject alone on all 20 photographs of `npm run bench -- formats`, at 70 on the whole picture, at 65 not even there.
 */
const DEFAULT_QUALITY = { jpg: 90, webp: 90, avif: 80 } as const;
/** The quality that `maxBytes` starts from. */
const BEST_QUALITY = 90;

/** Chroma is not subsampled: subsampling smears the subject's edge into a plain background. */
const FULL_CHROMA = { chromaSubsampling: '4:4:4' } as const;

/**
 * Efforts by measurement on cut-outs of 4 megapixels. WebP: effort 2 has the size of effort 4 in two thirds of its time. AVIF:
 * effort 0 takes a third of the time of effort 2 for files of the same size within 7 %, effort 4 twenty times as long.
 */
const WEBP_EFFORT = 2;
/**
 * Work of the lossless WebP encoder within its effort. Effort 0 makes no use of repetitions: with much clear space its files are up
 * to six times as large as PNG. More than 20 gains 1 to 2 % of the bytes for twice the time. `exact` keeps clear pixels as they are:
 * without it the encoder gives them colors that compress well.
 */
const LOSSLESS_SEARCH = 20;
/** Larger images are encoded with effort 0: it takes 21 MB a megapixel, the others 25, and an image has a limit of memory. */
const MAX_SEARCHED_PIXELS = 40_000_000;
const AVIF_EFFORT = 0;

/**
 * Encodes pixels as JPEG, WebP or AVIF. Equal pixels and options give equal bytes. WebP keeps the alpha exactly, AVIF does not:
 * at quality 80 clear pixels may get an alpha of about 11 of 255.
 * @throws Problem `max-bytes-too-small`; an error of sharp
 */
export async function encodeWithSharp(
  pixels: PngSource,
  format: SharpFormat,
  { quality, maxBytes, density, profile }: FileOptions,
): Promise<Buffer> {
  if (format === 'jpg') {
    const segments = [density && jfifOf(density), profile && profileSegments(profile)];
    const head = Buffer.concat(segments.filter((segment) => segment !== undefined));
    return bestOf(format, (level) => encodeJpeg(pixels, level, head), { quality, maxBytes });
  }
  const source = profile === undefined ? undefined : withProfile(pixels, profile);
  const open = (): Sharp => (source === undefined ? openPixels(pixels) : openFile(source));
  try {
    if (format === 'webp' && quality === undefined && maxBytes === undefined) {
      return await encodeLossless(open(), pixels);
    }
    return await bestOf(format, (level) => encodeAt(open(), format, level), { quality, maxBytes });
  } finally {
    wipe(source);
  }
}

/** The file of a quality, or the best that fits. */
function bestOf(
  format: SharpFormat,
  encode: (level: number) => Promise<Buffer>,
  { quality, maxBytes }: FileOptions,
): Promise<Buffer> {
  if (maxBytes === undefined) return encode(quality ?? DEFAULT_QUALITY[format]);
  return fitBytes(encode, maxBytes, quality ?? BEST_QUALITY);
}

function encodeLossless(image: Sharp, { width, height }: PngSource): Promise<Buffer> {
  const isSearched = width * height <= MAX_SEARCHED_PIXELS;
  const work = isSearched ? { effort: WEBP_EFFORT, quality: LOSSLESS_SEARCH } : { effort: 0 };
  return image.webp({ lossless: true, exact: true, ...work }).toBuffer();
}

function encodeAt(image: Sharp, format: 'webp' | 'avif', quality: number): Promise<Buffer> {
  return format === 'webp'
    ? image.webp({ quality, alphaQuality: 100, effort: WEBP_EFFORT, smartSubsample: true }).toBuffer()
    : image.avif({ quality, effort: AVIF_EFFORT, ...FULL_CHROMA }).toBuffer();
}

/** JPEG by libjpeg, on white. libvips writes no JFIF segment. @param head segments that are inserted after SOI */
async function encodeJpeg(pixels: PngSource, quality: number, head: Buffer): Promise<Buffer> {
  const options = { quality, ...FULL_CHROMA };
  const jpeg = await openPixels(pixels).flatten({ background: '#fff' }).jpeg(options).toBuffer();
  if (head.length === 0) return jpeg;
  try {
    return Buffer.concat([jpeg.subarray(0, 2), head, jpeg.subarray(2)]);
  } finally {
    wipe(jpeg);
  }
}

/** The pixels as an uncompressed PNG with a profile: libvips copies the profile of a file, and writes none to raw pixels. */
const withProfile = ({ data, width, height, channels }: PngSource, profile: Buffer): Buffer =>
  uncompressedPng({
    data: Buffer.from(data.buffer, data.byteOffset, data.length),
    width,
    height,
    channels,
    depth: 8,
    profile,
  });

const openFile = (png: Buffer): Sharp => sharp(png, { limitInputPixels: false }).keepIccProfile();

function openPixels({ data, width, height, channels }: PngSource): Sharp {
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  return channels === 1 ? image.toColourspace('b-w') : image;
}
