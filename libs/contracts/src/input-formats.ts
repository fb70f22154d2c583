/** Formats that an image can be sent in, by the names that the setting INPUT_FORMATS takes. */
export const INPUT_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'bmp', 'avif', 'tiff'] as const;

/** One of them. */
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** How people write their names. */
export const FORMAT_NAMES: Readonly<Record<InputFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  bmp: 'BMP',
  avif: 'AVIF',
  tiff: 'TIFF',
};
