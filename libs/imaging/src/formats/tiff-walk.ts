import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts } from './image-facts.js';

/** Limit on fields of one page. */
export const MAX_FIELDS = 1000;

const BIG_VERSION = 43;

/** Tags that are read (TIFF 6.0, section 8 and following; ICC.1, annex B.3). */
export const TIFF_TAGS = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  xResolution: 282,
  yResolution: 283,
  planar: 284,
  resolutionUnit: 296,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  subDirectories: 330,
  extraSamples: 338,
  sampleFormat: 339,
  profile: 34_675,
  dngVersion: 50_706,
} as const;

/** Bytes of integer types: byte, short, long, and 8-byte long of BigTIFF. */
const NUMBER_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/** One field of a directory, as its entry describes it. */
export interface TiffField {
  type: number;
  count: number;
  /** Offset of its values: in the entry, or where it points. */
  from: number;
  /** The first value, if it is an integer within the entry. */
  first: number | undefined;
}

/** The first directory of a TIFF. */
export interface TiffPage {
  isLittle: boolean;
  fields: ReadonlyMap<number, TiffField>;
}

/**
 * Walks a TIFF (6.0 or BigTIFF) from after its version to the end of its first directory, wherever that is; `onFacts`
 * is called with the size of the first page. Other pages are ignored. The directory may point anywhere: that is
 * checked once the whole file is available, before anything is decompressed.
 * @param magic byte order and version
 * @throws Problem `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function* walkTiff(cursor: ByteCursor, onFacts: OnImageFacts, magic: Buffer): Reading<void> {
  const page = yield* readTiffPage(cursor, magic);
  onFacts(sized('tiff', firstOf(page, TIFF_TAGS.width) ?? 0, firstOf(page, TIFF_TAGS.height) ?? 0));
  checkKind(page);
  yield* cursor.skipRest();
}

/** The first value of a field, if it is within its entry. */
export const firstOf = ({ fields }: TiffPage, tag: number): number | undefined => fields.get(tag)?.first;

/** Reads the first directory, from after the version. @throws Problem `image-corrupt` | `image-too-complex` */
export function* readTiffPage(cursor: ByteCursor, magic: Buffer): Reading<TiffPage> {
  const numbers = new TiffNumbers(magic[0] === 0x49);
  const isBig = numbers.at(magic, 2, 2) === BIG_VERSION;
  const wide = isBig ? 8 : 4;
  if (isBig && numbers.at(yield* cursor.take(4), 0, 2) !== 8) throw corrupt();
  const directory = numbers.at(yield* cursor.take(wide), 0, wide);
  if (directory < cursor.position) throw corrupt();
  yield* cursor.skip(directory - cursor.position);
  const count = numbers.at(yield* cursor.take(isBig ? 8 : 2), 0, isBig ? 8 : 2);
  if (count > MAX_FIELDS) throw new Problem('image-too-complex');
  const entryBytes = 4 + 2 * wide;
  const from = cursor.position;
  const entries = yield* cursor.take(count * entryBytes);
  const fields = new Map<number, TiffField>();
  for (let i = 0; i < count; i += 1) {
    const at = i * entryBytes;
    const tag = numbers.at(entries, at, 2);
    // The first of several entries counts.
    if (!fields.has(tag)) fields.set(tag, fieldIn(entries, at, { numbers, wide, from }));
  }
  return { isLittle: numbers.isLittle, fields };
}

interface Layout {
  numbers: TiffNumbers;
  /** Bytes of a count, and of an offset. */
  wide: number;
  /** Offset of the entries in the file. */
  from: number;
}

function fieldIn(entries: Buffer, at: number, { numbers, wide, from }: Layout): TiffField {
  const type = numbers.at(entries, at + 2, 2);
  const count = numbers.at(entries, at + 4, wide);
  const valueAt = at + 4 + wide;
  const bytes = NUMBER_BYTES[type];
  // Other types take at least as much room: only their pointer is used.
  const isInside = count * (bytes ?? (type === 2 || type === 7 ? 1 : 8)) <= wide;
  return {
    type,
    count,
    from: isInside ? from + valueAt : numbers.at(entries, valueAt, wide),
    first: isInside && bytes !== undefined && count > 0 ? numbers.at(entries, valueAt, bytes) : undefined,
  };
}

/** Rejects camera raw previews and unsupported codings. */
function checkKind(page: TiffPage): void {
  const isPreview =
    ((firstOf(page, TIFF_TAGS.subfileType) ?? 0) & 1) === 1 && page.fields.has(TIFF_TAGS.subDirectories);
  if (isPreview || page.fields.has(TIFF_TAGS.dngVersion)) {
    throw unsupportedTiff('This is a camera raw file. Export it as JPEG.');
  }
  const compression = firstOf(page, TIFF_TAGS.compression) ?? 1;
  if (!TIFF_COMPRESSIONS.has(compression)) {
    throw unsupportedTiff(
      'This TIFF uses an unsupported compression. Save it with LZW, ZIP (Deflate) or without compression.',
    );
  }
  const photometric = firstOf(page, TIFF_TAGS.photometric) ?? 1;
  if (photometric > 3) throw unsupportedTiff('This TIFF is in CMYK, YCbCr or Lab. Save it in RGB or gray.');
}

/** None, LZW, Deflate (two numbers) and PackBits. */
export const TIFF_COMPRESSIONS = new Set([1, 5, 8, 32_946, 32_773]);

/** The error for an unsupported kind of TIFF. */
export const unsupportedTiff = (detail: string): Problem => new Problem('image-type-unsupported', { detail });

/** Reads integers in the byte order of a file. */
export class TiffNumbers {
  constructor(readonly isLittle: boolean) {}

  /** A number of 1, 2, 4 or 8 bytes. @throws Problem `image-corrupt` outside of the bytes */
  at(bytes: Buffer, at: number, size: number): number {
    if (at < 0 || at + size > bytes.length) throw corrupt();
    if (size === 8) return Number(this.isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return this.isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  }
}
