/** EXIF orientation (CIPA DC-008 §4.6.4): 1 upright, 2 to 8 mirrored and turned. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;
const MAX_ENTRIES = 1000;
/** Head, one directory of one entry, and the offset of the next. */
const SMALLEST_BYTES = 26;

/**
 * Reads the orientation from a TIFF structure (the part of EXIF after `Exif\0\0`); 1 when it says none.
 * Only the first directory is looked at, and nothing outside `tiff`.
 */
export function readOrientation(tiff: Buffer): Orientation {
  if (tiff.length < SMALLEST_BYTES) return 1;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  const little = order === 'II';
  const u16 = (at: number): number =>
    at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = Math.min(u16(directory), MAX_ENTRIES);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + i * ENTRY_BYTES;
    if (u16(at) !== ORIENTATION_TAG) continue;
    const value = u16(at + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
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
