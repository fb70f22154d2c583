import sharp from 'sharp';
import { INPUT_FORMATS, type InputFormat } from '#contracts/input-formats.js';

/** The loaders of formats that decoders read; every other decoder of libvips stays shut. */
const LOADERS: Partial<Record<InputFormat, string>> = {
  jpeg: 'VipsForeignLoadJpegBuffer',
  png: 'VipsForeignLoadPngBuffer',
  webp: 'VipsForeignLoadWebpBuffer',
  avif: 'VipsForeignLoadHeifBuffer',
};

/** Pixels of formats that own code reads come to sharp as PNG. */
const ALWAYS: readonly InputFormat[] = ['png'];

// Beyond 100 MB of pixels libvips would hold an image in a temporary file. It asks once, when the first image is opened.
process.env['VIPS_DISC_THRESHOLD'] = '64g';
// A cache would keep pixels of finished jobs.
sharp.cache(false);
allowFormats(INPUT_FORMATS);

/** Opens the decoders of these formats and shuts all others, in the whole process. */
export function allowFormats(formats: readonly InputFormat[]): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  const operation = [...formats, ...ALWAYS].flatMap((format) => LOADERS[format] ?? []);
  sharp.unblock({ operation });
}

/** sharp with its cache off and all loaders blocked but those that `image.guard` lets through; import it only from here. */
export { sharp };
