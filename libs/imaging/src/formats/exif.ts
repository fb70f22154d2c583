import { ADOBE_RGB, type ColorCoding } from '../color/color-coding.js';

const ENTRY_BYTES = 12;
const MAX_ENTRIES = 1000;

/**
 * A directory of a TIFF structure (TIFF 6.0, section 2), such as EXIF after `Exif\0\0`. The first of several entries
 * with one tag counts. Offsets outside of the structure read as 0.
 */
export class ExifDirectory {
  /** Offset of each tag's entry. */
  private readonly entries = new Map<number, number>();
  private readonly tiff: Buffer;
  private readonly isLittle: boolean;

  private constructor(tiff: Buffer, isLittle: boolean, from: number) {
    this.tiff = tiff;
    this.isLittle = isLittle;
    const count = Math.min(this.u16(from), MAX_ENTRIES);
    for (let i = count - 1; i >= 0; i -= 1) {
      const at = from + 2 + i * ENTRY_BYTES;
      this.entries.set(this.u16(at), at);
    }
  }

  /** The first directory; undefined when the bytes are not a TIFF structure. */
  static first(tiff: Buffer): ExifDirectory | undefined {
    const order = tiff.toString('latin1', 0, 2);
    if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
    const isLittle = order === 'II';
    return new ExifDirectory(tiff, isLittle, isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4));
  }

  /** The directory that an entry points to. */
  directory(tag: number): ExifDirectory | undefined {
    const at = this.entries.get(tag);
    return at === undefined ? undefined : new ExifDirectory(this.tiff, this.isLittle, this.u32(at + 8));
  }

  /** A short number. */
  short(tag: number): number | undefined {
    const at = this.entries.get(tag);
    return at === undefined ? undefined : this.u16(at + 8);
  }

  /** A rational number; undefined when it is invalid. */
  rational(tag: number): number | undefined {
    const at = this.entries.get(tag);
    if (at === undefined) return undefined;
    const place = this.u32(at + 8);
    const value = this.u32(place) / this.u32(place + 4);
    return Number.isFinite(value) ? value : undefined;
  }

  /** True when a text of at most three letters equals `text`. */
  is(tag: number, text: string): boolean {
    const at = this.entries.get(tag);
    return at !== undefined && this.tiff.toString('latin1', at + 8, at + 8 + text.length) === text;
  }

  private u16(at: number): number {
    if (at + 2 > this.tiff.length) return 0;
    return this.isLittle ? this.tiff.readUInt16LE(at) : this.tiff.readUInt16BE(at);
  }

  private u32(at: number): number {
    if (at + 4 > this.tiff.length) return 0;
    return this.isLittle ? this.tiff.readUInt32LE(at) : this.tiff.readUInt32BE(at);
  }
}

/** EXIF orientation (CIPA DC-008 §4.6.4): 1 upright, 2 to 8 mirrored or rotated. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
/** Header, one directory of one entry, and the offset of the next directory. */
const SMALLEST_BYTES = 26;

/**
 * Reads the orientation from a TIFF structure (EXIF after `Exif\0\0`); 1 when there is none. Reads only the first
 * directory, and nothing outside of `tiff`.
 */
export function readOrientation(tiff: Buffer): Orientation {
  const value = ExifDirectory.first(tiff)?.short(ORIENTATION_TAG) ?? 1;
  return value >= 1 && value <= 8 ? (value as Orientation) : 1;
}

/** The smallest TIFF structure with an orientation: 26 bytes. */
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

const EXIF_DIRECTORY = 0x8769;
const COLOR_SPACE = 0xa001;
const UNCALIBRATED = 0xffff;
const INTEROPERABILITY_DIRECTORY = 0xa005;
const INTEROPERABILITY_INDEX = 1;

/**
 * Color coding in EXIF: Adobe RGB, as written by cameras that add no profile (DCF 2.0, CIPA DC-009, section 3.1.3:
 * color space uncalibrated, interoperability index R03). Undefined for anything else, which is sRGB.
 */
export function codingOfExif(tiff: Buffer): ColorCoding | undefined {
  const exif = ExifDirectory.first(tiff)?.directory(EXIF_DIRECTORY);
  if (exif?.short(COLOR_SPACE) !== UNCALIBRATED) return undefined;
  const isOptional = exif.directory(INTEROPERABILITY_DIRECTORY)?.is(INTEROPERABILITY_INDEX, 'R03');
  return isOptional === true ? ADOBE_RGB : undefined;
}
