import { readAvif, type AvifBoxes } from './avif-boxes.js';
import { propertiesOf } from './avif-walk.js';
import { parseComplete } from './byte-cursor.js';
import { codingOf, HDR_PEAK, isSrgb, SDR_WHITE, type ColorCoding } from '../color/color-coding.js';
import type { CodedImage } from './png-color.js';

/** Size and type of the first box. */
const MAGIC_BYTES = 8;
/** Flag of `av1C` (AV1 ISOBMFF 1.2, section 2.3): more than 8 bits a sample. */
const HIGH_BITDEPTH = 0x40;

/**
 * Color coding of a stripped AVIF from its code points of ITU-T H.273 (`nclx`), which libheif reads and libvips
 * ignores. Undefined for sRGB, for codings that RGB images do not use, and when there is a profile.
 */
export function codingOfAvif(image: Buffer): CodedImage | undefined {
  if (image.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const boxes = parseComplete(image, function* (cursor) {
    yield* cursor.skip(MAGIC_BYTES);
    return yield* readAvif(cursor, image.readUInt32BE(0), () => undefined);
  });
  const coding = namedCoding(boxes);
  if (coding === undefined || isSrgb(coding)) return undefined;
  const isDeep = boxes.properties.some(
    ({ type, head }) => type === 'av1C' && ((head[2] ?? 0) & HIGH_BITDEPTH) !== 0,
  );
  return { coding, depth: isDeep ? 16 : 8 };
}

function namedCoding(boxes: AvifBoxes): ColorCoding | undefined {
  const own = propertiesOf(boxes, boxes.primary);
  const colors = own.filter(({ type }) => type === 'colr').map(({ head }) => head);
  const isNamed = (head: Buffer): boolean => head.toString('latin1', 0, 4) === 'nclx' && head.length >= 8;
  const [named] = colors.filter(isNamed);
  if (named === undefined || !colors.every(isNamed)) return undefined;
  const light = own.find(({ type }) => type === 'clli')?.head;
  return codingOf(named.readUInt16BE(4), named.readUInt16BE(6), peakOf(light));
}

/** `clli`: peak of the image, cd/m². */
function peakOf(light: Buffer | undefined): number {
  const peak = light !== undefined && light.length >= 2 ? light.readUInt16BE(0) : 0;
  return peak > 0 ? Math.max(peak, SDR_WHITE) : HDR_PEAK;
}
