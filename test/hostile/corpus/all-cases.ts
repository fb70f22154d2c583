import { avifCases } from './avif-cases.js';
import { bmpCases } from './bmp-cases.js';
import { gifCases } from './gif-cases.js';
import type { ImageCase } from './image-case.js';
import { jpegCases } from './jpeg-cases.js';
import { otherCases } from './other-cases.js';
import { pngCases } from './png-cases.js';
import { tiffCases } from './tiff-cases.js';
import { webpCases } from './webp-cases.js';

/** The whole corpus: every file is written here and now, byte by byte. */
export const allCases = (): ImageCase[] => [
  ...jpegCases(),
  ...pngCases(),
  ...webpCases(),
  ...gifCases(),
  ...bmpCases(),
  ...avifCases(),
  ...tiffCases(),
  ...otherCases(),
];
