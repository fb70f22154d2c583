import type { ImageCase } from './image.case.js';
import { jpegCases } from './jpeg.cases.js';
import { otherCases } from './other.cases.js';
import { pngCases } from './png.cases.js';
import { webpCases } from './webp.cases.js';

/** The whole corpus: every file is written here and now, byte by byte. */
export const allCases = (): ImageCase[] => [...jpegCases(), ...pngCases(), ...webpCases(), ...otherCases()];
