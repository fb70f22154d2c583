import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, MAX_PROFILE_BYTES, type OnImageFacts } from './image-facts.js';

/** Compression methods. */
export const BMP_METHODS = { rgb: 0, rle8: 1, rle4: 2, bitfields: 3, alphaBitfields: 6 } as const;

/** Bits a pixel that each method allows. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  [BMP_METHODS.rgb]: [1, 2, 4, 8, 16, 24, 32],
  [BMP_METHODS.rle8]: [8],
  [BMP_METHODS.rle4]: [4],
  [BMP_METHODS.bitfields]: [16, 32],
  [BMP_METHODS.alphaBitfields]: [16, 32],
};

/** Sizes of the info header: OS/2 1 and 2, Windows 3 (with two and with three more masks), versions 4 and 5. */
const CORE_HEADER = 12;
const HEADERS = new Set([CORE_HEADER, 40, 52, 56, 64, 108, 124]);
const V5_HEADER = 124;
const FILE_HEADER_BYTES = 14;

/** `PROFILE_EMBEDDED` in a version 5 header: the profile is in the file. */
const EMBEDDED = 0x4d424544;

/** Contents of the BMP headers. */
export interface BmpHeader {
  /** Bytes of the info header. */
  headerBytes: number;
  width: number;
  height: number;
  /** Rows are stored from the top. */
  isTopDown: boolean;
  /** Bits a pixel. */
  bits: number;
  /** One of `BMP_METHODS`. */
  method: number;
  /** Offset of the pixels. */
  pixelsFrom: number;
  /** Pixels a meter, 0 when unspecified. */
  density: { x: number; y: number };
  /** Number of palette colors, 0 for the maximum. */
  colors: number;
  /** Range of the color profile of a version 5 header, after the pixels. */
  profile: { from: number; to: number } | undefined;
}

/** Bytes of a row, padded to four. */
export const bmpStride = ({ width, bits }: Pick<BmpHeader, 'width' | 'bits'>): number =>
  Math.floor((width * bits + 31) / 32) * 4;

export const isRunLength = ({ method }: Pick<BmpHeader, 'method'>): boolean =>
  method === BMP_METHODS.rle4 || method === BMP_METHODS.rle8;

/**
 * Walks a BMP (BITMAPINFOHEADER to BITMAPV5HEADER, OS/2's BITMAPCOREHEADER) from after `BM`; `onFacts` is called with
 * its size. The last row may lack its padding; a run-length coded image may end anywhere.
 * @throws Problem `image-corrupt` | `image-type-unsupported`
 */
export function* walkBmp(cursor: ByteCursor, onFacts: OnImageFacts): Reading<void> {
  const header = yield* readBmpHeader(cursor);
  onFacts(sized('bmp', header.width, header.height));
  if (cursor.position > header.pixelsFrom) throw corrupt();
  if (isRunLength(header)) return yield* cursor.skipRest();
  const rows = bmpStride(header) * (header.height - 1) + Math.ceil((header.width * header.bits) / 8);
  const end = Math.max(header.pixelsFrom + rows, header.profile?.to ?? 0);
  yield* cursor.skip(end - cursor.position);
}

/** Reads both headers, from after `BM`. @throws Problem `image-corrupt` | `image-type-unsupported` */
export function* readBmpHeader(cursor: ByteCursor): Reading<BmpHeader> {
  const file = yield* cursor.take(FILE_HEADER_BYTES - 2 + 4);
  const headerBytes = file.readUInt32LE(12);
  const pixelsFrom = file.readUInt32LE(8);
  if (!HEADERS.has(headerBytes)) throw new Problem('image-type-unsupported');
  const body = yield* cursor.take(headerBytes - 4);
  const header = headerBytes === CORE_HEADER ? coreHeader(body) : infoHeader(body);
  const { planes, ...facts } = header;
  const depths = DEPTHS[facts.method];
  if (depths === undefined) {
    throw new Problem('image-type-unsupported', {
      detail: 'This BMP holds a JPEG, a PNG or a coding of OS/2. Save it as PNG.',
    });
  }
  const isUpsideDown = facts.isTopDown && isRunLength(facts);
  if (planes !== 1 || !depths.includes(facts.bits) || isUpsideDown) throw corrupt();
  return { ...facts, headerBytes, pixelsFrom };
}

type HeaderFields = Omit<BmpHeader, 'headerBytes' | 'pixelsFrom'> & { planes: number };

const coreHeader = (body: Buffer): HeaderFields => ({
  width: body.readUInt16LE(0),
  height: body.readUInt16LE(2),
  planes: body.readUInt16LE(4),
  bits: body.readUInt16LE(6),
  method: BMP_METHODS.rgb,
  isTopDown: false,
  density: { x: 0, y: 0 },
  colors: 0,
  profile: undefined,
});

const infoHeader = (body: Buffer): HeaderFields => ({
  width: body.readInt32LE(0),
  height: Math.abs(body.readInt32LE(4)),
  isTopDown: body.readInt32LE(4) < 0,
  planes: body.readUInt16LE(8),
  bits: body.readUInt16LE(10),
  method: body.readUInt32LE(12),
  density: { x: Math.max(0, body.readInt32LE(20)), y: Math.max(0, body.readInt32LE(24)) },
  colors: body.readUInt32LE(28),
  profile: profileIn(body),
});

function profileIn(body: Buffer): BmpHeader['profile'] {
  if (body.length < V5_HEADER - 4 || body.readUInt32LE(52) !== EMBEDDED) return undefined;
  const from = FILE_HEADER_BYTES + body.readUInt32LE(108);
  const length = body.readUInt32LE(112);
  return length > 0 && length <= MAX_PROFILE_BYTES ? { from, to: from + length } : undefined;
}
