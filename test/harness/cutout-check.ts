import sharp from 'sharp';
import { photo, referenceAlpha, softIou, type PHOTOS } from './photos.js';

type PhotoName = (typeof PHOTOS)[number];

/** PNG chunks that carry nothing but the picture (W3C PNG, 11.2) and its pixel density. */
const PICTURE_CHUNKS = new Set(['IHDR', 'IDAT', 'IEND', 'pHYs']);
const COLOR_TYPE_OFFSET = 25;

/** What a test wants to know of a cut-out. */
export interface CutoutFacts {
  format: string;
  width: number;
  height: number;
  channels: number;
  /** Metadata found: there must be none. */
  metadata: string[];
  /** PNG colour type: 6 = true colour with alpha, 0 = grey, 3 = palette; -1 when no PNG. */
  colorType: number;
  /** Likeness of the alpha with the reference, 0 to 1. */
  iou: number;
}

/** Looks at a result as a client would. */
export async function factsOf(result: Buffer, name: PhotoName): Promise<CutoutFacts> {
  const found = await sharp(result).metadata();
  const alpha = await sharp(result)
    .extractChannel(found.channels === 4 ? 3 : 0)
    .raw()
    .toBuffer();
  const isPng = found.format === 'png';
  return {
    format: found.format,
    width: found.width,
    height: found.height,
    channels: found.channels,
    metadata: [
      ...(['exif', 'icc', 'iptc', 'xmp'] as const).filter((kind) => found[kind] !== undefined),
      ...(isPng ? chunkNames(result).filter((chunk) => !PICTURE_CHUNKS.has(chunk)) : []),
    ],
    colorType: isPng ? (result[COLOR_TYPE_OFFSET] ?? -1) : -1,
    iou: softIou(alpha, await referenceAlpha(name)),
  };
}

/** What `factsOf` must say of a right cut-out as PNG with alpha. */
export async function rightCutout(name: PhotoName): Promise<Omit<CutoutFacts, 'iou'>> {
  const { width, height } = await sharp(photo(name)).metadata();
  return { format: 'png', width, height, channels: 4, metadata: [], colorType: 6 };
}

function chunkNames(png: Buffer): string[] {
  const names: string[] = [];
  for (let at = 8; at + 8 <= png.length; at += 12 + png.readUInt32BE(at)) {
    names.push(png.toString('latin1', at + 4, at + 8));
  }
  return names;
}
