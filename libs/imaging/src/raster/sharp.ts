import sharp, { type Sharp } from 'sharp';
import { INPUT_FORMATS, type InputFormat } from '#contracts/input-formats.js';

/** libvips loaders of the formats that sharp decodes; all other loaders are blocked. */
const LOADERS: Partial<Record<InputFormat, string>> = {
  jpeg: 'VipsForeignLoadJpegBuffer',
  png: 'VipsForeignLoadPngBuffer',
  webp: 'VipsForeignLoadWebpBuffer',
  avif: 'VipsForeignLoadHeifBuffer',
};

/** GIF, BMP and TIFF are decoded in TypeScript and passed to sharp as PNG. */
const ALWAYS: readonly InputFormat[] = ['png'];

// libvips writes images of more than 100 MB to a temporary file. It reads this variable once, when the first image is
// opened.
process.env['VIPS_DISC_THRESHOLD'] = '64g';
// The cache would keep pixels of finished jobs.
sharp.cache(false);
allowFormats(INPUT_FORMATS);

/** Enables the loaders of these formats and blocks all others, in the whole process. */
export function allowFormats(formats: readonly InputFormat[]): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  const operation = [...formats, ...ALWAYS].flatMap((format) => LOADERS[format] ?? []);
  sharp.unblock({ operation });
}

/** sharp without cache and with blocked loaders. Import sharp only from here. */
export { sharp };

/** The image as uncompressed RGB of 16 bits a value. */
export const deepValues = (image: Sharp): Sharp => image.toColourspace('rgb16').raw({ depth: 'ushort' });

/** A 16-bit view of the same memory. */
export const wordsOf = ({ buffer, byteOffset, length }: Buffer): Uint16Array =>
  new Uint16Array(buffer, byteOffset, length / 2);
