import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, truncated } from './byte-cursor.js';
import { TIFF_COMPRESSIONS, TIFF_TAGS, TiffNumbers, unsupportedTiff, type TiffPage } from './tiff-walk.js';

/** Limit on strips or tiles of one page. */
export const MAX_PARTS = 65_536;
export const MAX_TILE_SIDE = 8192;
const MAX_SAMPLES = 8;
/** Limit on the pixel bytes of a page: 50 million pixels of 8-bit RGBA, half of that with 16 bits. */
export const MAX_PIXEL_BYTES = 200_000_000;
/** Bytes that tiles may extend beyond the page. */
const SPARE_BYTES = 64 * 1_048_576;

const NUMBER_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8 };

/** Supported photometric interpretations. */
export const PHOTOMETRIC = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3 } as const;

/** Storage layout of the pixels of a page. */
export interface TiffLayout {
  width: number;
  height: number;
  bits: number;
  /** Stored samples a pixel. */
  samples: number;
  /** Color samples among them. */
  colors: 1 | 3;
  /** Meaning of the sample after the colors. */
  alpha: 'none' | 'associated' | 'straight';
  photometric: number;
  compression: number;
  hasPredictor: boolean;
  /** Each sample has its own strips or tiles. */
  isPlanar: boolean;
  /** Size of strips or tiles in pixels, and their ranges in the file, by rows, sample after sample. */
  part: { width: number; height: number; isTile: boolean };
  parts: readonly { from: number; to: number }[];
}

/** Reads values of fields anywhere in the file. */
export class TiffValues {
  private readonly numbers: TiffNumbers;

  constructor(
    private readonly file: Buffer,
    private readonly page: TiffPage,
  ) {
    this.numbers = new TiffNumbers(page.isLittle);
  }

  /** Integers of a field; undefined when it is missing. @throws Problem `image-truncated` | `image-corrupt` */
  all(tag: number, limit: number): number[] | undefined {
    const field = this.page.fields.get(tag);
    if (field === undefined) return undefined;
    const size = NUMBER_BYTES[field.type];
    if (size === undefined || field.count === 0) throw corrupt();
    if (field.count > limit) throw new Problem('image-too-complex');
    if (field.from + field.count * size > this.file.length) throw truncated();
    return Array.from({ length: field.count }, (_, i) =>
      this.numbers.at(this.file, field.from + i * size, size),
    );
  }

  one(tag: number, fallback: number): number {
    return this.all(tag, MAX_PARTS)?.[0] ?? fallback;
  }

  /** A positive rational number; undefined when it is missing or invalid. */
  fraction(tag: number): number | undefined {
    const field = this.page.fields.get(tag);
    if (field === undefined || field.type !== 5 || field.from + 8 > this.file.length) return undefined;
    const [over, under] = [0, 4].map((at) => this.numbers.at(this.file, field.from + at, 4));
    const value = (over as number) / (under as number);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  }

  /** A copy of the bytes of a field; undefined when they are incomplete. */
  bytes(tag: number, limit: number): Buffer | undefined {
    const field = this.page.fields.get(tag);
    const isThere = field !== undefined && field.count > 0 && field.count <= limit;
    if (!isThere || field.from + field.count > this.file.length) return undefined;
    return Buffer.from(this.file.subarray(field.from, field.from + field.count));
  }
}

/**
 * Validates the layout of the first page before anything is decompressed.
 * @throws Problem `image-truncated` | `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function tiffLayout(file: Buffer, values: TiffValues): TiffLayout {
  const [width, height] = [values.one(TIFF_TAGS.width, 0), values.one(TIFF_TAGS.height, 0)];
  const compression = values.one(TIFF_TAGS.compression, 1);
  if (!TIFF_COMPRESSIONS.has(compression))
    throw unsupportedTiff('This TIFF uses an unsupported compression.');
  const samples = samplesOf(values);
  const hasPredictor = predictorOf(values, samples.bits);
  const isPlanar = values.one(TIFF_TAGS.planar, 1) === 2 && samples.samples > 1;
  const pixelBytes = (samples.colors + (samples.alpha === 'none' ? 0 : 1)) * (samples.bits === 16 ? 2 : 1);
  const limit = Math.floor(MAX_PIXEL_BYTES / pixelBytes);
  if (width * height > limit) throw failure('image-too-many-pixels', { max_pixels: limit });
  const part = partOf(values, { width, height });
  const layout = { width, height, compression, hasPredictor, isPlanar, part, ...samples };
  return { ...layout, parts: partsOf(file, values, layout) };
}

type Samples = Pick<TiffLayout, 'bits' | 'samples' | 'colors' | 'alpha' | 'photometric'>;

function samplesOf(values: TiffValues): Samples {
  const photometric = values.one(TIFF_TAGS.photometric, PHOTOMETRIC.blackIsZero);
  const samples = values.one(TIFF_TAGS.samples, 1);
  const depths = values.all(TIFF_TAGS.bits, MAX_SAMPLES) ?? [1];
  const formats = values.all(TIFF_TAGS.sampleFormat, MAX_SAMPLES) ?? [1];
  const colors = photometric === PHOTOMETRIC.rgb ? 3 : 1;
  const [bits = 1] = depths;
  if (samples < colors || samples > MAX_SAMPLES) throw corrupt();
  const isUniform = depths.every((each) => each === bits) && formats.every((format) => format === 1);
  const isPlain = photometric <= PHOTOMETRIC.palette && values.one(TIFF_TAGS.fillOrder, 1) === 1;
  if (!isUniform || !isPlain || !isDepth(bits, { photometric, samples })) {
    throw unsupportedTiff('This TIFF uses an unsupported pixel layout. Save it with 8 or 16 bits a channel.');
  }
  return { photometric, samples, bits, colors, alpha: samples > colors ? alphaOf(values) : 'none' };
}

/** Meaning of the first extra sample, by its number; unspecified ones are not alpha. */
const ALPHAS: Readonly<Record<number, TiffLayout['alpha']>> = { 1: 'associated', 2: 'straight' };

const alphaOf = (values: TiffValues): TiffLayout['alpha'] =>
  ALPHAS[values.one(TIFF_TAGS.extraSamples, 0)] ?? 'none';

/**
 * True for supported depths. Fewer than 8 bits are supported for a single sample, and at most 8 bits for a palette.
 */
function isDepth(
  bits: number,
  { photometric, samples }: Pick<TiffLayout, 'photometric' | 'samples'>,
): boolean {
  if (photometric === PHOTOMETRIC.palette) return samples === 1 && [1, 2, 4, 8].includes(bits);
  return (samples === 1 ? [1, 2, 4, 8, 16] : [8, 16]).includes(bits);
}

function predictorOf(values: TiffValues, bits: number): boolean {
  const predictor = values.one(TIFF_TAGS.predictor, 1);
  if (predictor === 1) return false;
  if (predictor !== 2 || bits < 8)
    throw unsupportedTiff('This TIFF uses an unsupported predictor. Save it without one.');
  return true;
}

function partOf(
  values: TiffValues,
  { width, height }: { width: number; height: number },
): TiffLayout['part'] {
  const [tileWidth, tileHeight] = [values.one(TIFF_TAGS.tileWidth, 0), values.one(TIFF_TAGS.tileHeight, 0)];
  if (tileWidth === 0 && tileHeight === 0) {
    const rows = Math.min(values.one(TIFF_TAGS.rowsPerStrip, height), height);
    if (rows < 1) throw corrupt();
    return { width, height: rows, isTile: false };
  }
  const isSide = (side: number): boolean => side >= 16 && side <= MAX_TILE_SIDE && side % 16 === 0;
  if (!isSide(tileWidth) || !isSide(tileHeight)) throw corrupt();
  return { width: tileWidth, height: tileHeight, isTile: true };
}

function partsOf(file: Buffer, values: TiffValues, layout: Omit<TiffLayout, 'parts'>): TiffLayout['parts'] {
  const { part, isPlanar, samples, width, height } = layout;
  const planes = isPlanar ? samples : 1;
  const count = Math.ceil(width / part.width) * Math.ceil(height / part.height) * planes;
  const room = count * partBytes(layout, part.height);
  if (count > MAX_PARTS || room > 4 * width * height * samples * 2 + SPARE_BYTES)
    throw new Problem('image-too-complex');
  const offsets = values.all(part.isTile ? TIFF_TAGS.tileOffsets : TIFF_TAGS.stripOffsets, MAX_PARTS);
  const lengths = values.all(part.isTile ? TIFF_TAGS.tileBytes : TIFF_TAGS.stripBytes, MAX_PARTS);
  if (offsets === undefined || offsets.length < count) throw corrupt();
  if (lengths === undefined || lengths.length < count) throw corrupt();
  return offsets.slice(0, count).map((from, i) => {
    const length = lengths[i] as number;
    if (from + length > file.length) throw truncated();
    return { from, to: from + length };
  });
}

/** Decompressed bytes of `rows` rows of a strip or tile. */
export function partBytes(
  { part, isPlanar, samples, bits }: Pick<TiffLayout, 'part' | 'isPlanar' | 'samples' | 'bits'>,
  rows: number,
): number {
  return Math.ceil((part.width * (isPlanar ? 1 : samples) * bits) / 8) * rows;
}
