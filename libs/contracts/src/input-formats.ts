/** Input formats, by their names in the setting INPUT_FORMATS. */
export const INPUT_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'bmp', 'avif', 'tiff'] as const;

/** One input format. */
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** Display names. */
export const FORMAT_NAMES: Readonly<Record<InputFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  bmp: 'BMP',
  avif: 'AVIF',
  tiff: 'TIFF',
};
