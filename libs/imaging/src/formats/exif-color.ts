import { ADOBE_RGB, type ColorCoding } from '../color/color-coding.js';
import { ExifDirectory } from './exif-directory.js';

const EXIF_DIRECTORY = 0x8769;
const COLOR_SPACE = 0xa001;
const UNCALIBRATED = 0xffff;
const INTEROPERABILITY_DIRECTORY = 0xa005;
const INTEROPERABILITY_INDEX = 1;

/**
 * The coding that EXIF names: Adobe RGB, as cameras write it that add no profile (DCF 2.0, CIPA DC-009, section 3.1.3:
 * color space uncalibrated, interoperability index R03). Undefined for all else, which is sRGB.
 */
export function codingOfExif(tiff: Buffer): ColorCoding | undefined {
  const exif = ExifDirectory.first(tiff)?.directory(EXIF_DIRECTORY);
  if (exif?.short(COLOR_SPACE) !== UNCALIBRATED) return undefined;
  const isOptional = exif.directory(INTEROPERABILITY_DIRECTORY)?.is(INTEROPERABILITY_INDEX, 'R03');
  return isOptional === true ? ADOBE_RGB : undefined;
}
