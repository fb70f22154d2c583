import { ExifDirectory } from './exif.js';

/** Print density: pixels a meter, horizontally and vertically, as integers. */
export interface Density {
  x: number;
  y: number;
}

const METERS_PER_INCH = 0.0254;
/** 2 to 65,535 dots per inch: the limit of JFIF, and 1 is what software writes for an unknown density. */
const MIN_PER_METER = 79;
const MAX_PER_METER = 2_580_118;

const X_RESOLUTION = 282;
const Y_RESOLUTION = 283;
const RESOLUTION_UNIT = 296;
const ORIENTATION = 274;
const INCH = 2;
const CENTIMETER = 3;
/** From this orientation on, width and height are swapped for display. */
const FIRST_TURNED = 5;

/** Density from pixels a meter; undefined when it is implausible. */
export function densityOf(x: number, y: number): Density | undefined {
  const density = { x: Math.round(x), y: Math.round(y) };
  const isReal = (value: number): boolean => value >= MIN_PER_METER && value <= MAX_PER_METER;
  return isReal(density.x) && isReal(density.y) ? density : undefined;
}

/** Density from pixels an inch. */
export const densityPerInch = (x: number, y: number): Density | undefined =>
  densityOf(x / METERS_PER_INCH, y / METERS_PER_INCH);

/** The density in a TIFF structure, such as EXIF's (CIPA DC-008, 4.6.4; TIFF 6.0, section 8). */
export function densityOfTiff(tiff: Buffer): Density | undefined {
  const directory = ExifDirectory.first(tiff);
  const x = directory?.rational(X_RESOLUTION);
  const y = directory?.rational(Y_RESOLUTION) ?? x;
  if (x === undefined || y === undefined) return undefined;
  const unit = directory?.short(RESOLUTION_UNIT) ?? INCH;
  if (unit === INCH) return densityPerInch(x, y);
  return unit === CENTIMETER ? densityOf(100 * x, 100 * y) : undefined;
}

/** Density of the upright image. */
export function upright({ x, y }: Density, tiff: Buffer | undefined): Density {
  const orientation = (tiff && ExifDirectory.first(tiff)?.short(ORIENTATION)) ?? 1;
  return orientation >= FIRST_TURNED && orientation <= 8 ? { x: y, y: x } : { x, y };
}

/** Data of `pHYs` (PNG, third edition, section 11.3.4.3). */
export function physOf({ x, y }: Density): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(x, 0);
  data.writeUInt32BE(y, 4);
  data[8] = 1;
  return data;
}

/** A JFIF segment (ITU-T T.871, section 10.1): in dots per inch, or per centimeter when only that is an integer. */
export function jfifOf({ x, y }: Density): Buffer {
  const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < 0.02;
  const inches = [x * METERS_PER_INCH, y * METERS_PER_INCH];
  const isMetric = !inches.every(isWhole) && [x / 100, y / 100].every(isWhole);
  const [across = 0, down = 0] = isMetric ? [x / 100, y / 100] : inches;
  const segment = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x02\0\0\0\0\0\0\0', 'latin1');
  segment[11] = isMetric ? 2 : 1;
  segment.writeUInt16BE(Math.round(across), 12);
  segment.writeUInt16BE(Math.round(down), 14);
  return segment;
}
