import { ExifDirectory } from './exif-directory.js';

/** EXIF orientation (CIPA DC-008 §4.6.4): 1 upright, 2 to 8 mirrored and turned. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
/** Head, one directory of one entry, and the offset of the next. */
const SMALLEST_BYTES = 26;

/**
 * Reads the orientation from a TIFF structure (the part of EXIF after `Exif\0\0`); 1 when it says none.
 * Only the first directory is looked at, and nothing outside `tiff`.
 */
export function readOrientation(tiff: Buffer): Orientation {
  const value = ExifDirectory.first(tiff)?.short(ORIENTATION_TAG) ?? 1;
  return value >= 1 && value <= 8 ? (value as Orientation) : 1;
}

/** The smallest TIFF structure that says an orientation and nothing else: 26 bytes. */
export function orientationTiff(orientation: Orientation): Buffer {
  const tiff = Buffer.alloc(SMALLEST_BYTES);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(ORIENTATION_TAG, 10);
  tiff.writeUInt16BE(3, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}
