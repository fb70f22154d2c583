import sharp, { type Sharp } from 'sharp';
import { patternPixels } from './webp-maker.js';

interface Size {
  width: number;
  height: number;
}

/** A box with its body. */
export function isoBox(type: string, ...body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...body]);
}

/** A box with version and flags. */
export const fullBox = (type: string, version: number, ...body: readonly Uint8Array[]): Buffer =>
  isoBox(type, Buffer.from([version, 0, 0, 0]), ...body);

const u16 = (...values: number[]): Buffer =>
  Buffer.from(values.flatMap((value) => [(value >> 8) & 255, value & 255]));

export const u32 = (...values: number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes;
    }),
  );

/** AV1 data of the pattern, and the properties that go with it. */
export interface Coded {
  data: Buffer;
  av1C: Buffer;
}

/** The pattern as an encoder codes it. */
export const codedPattern = (size: Size): Promise<Coded> =>
  codedPixels(sharp(patternPixels(size), { raw: { ...size, channels: 3 } }));

/** Pixels as an encoder codes them. */
export async function codedPixels(picture: Sharp): Promise<Coded> {
  const file = await picture.avif({ quality: 95, chromaSubsampling: '4:4:4', effort: 0 }).toBuffer();
  const boxOf = (type: string): Buffer => {
    const at = file.indexOf(type, 0, 'latin1') - 4;
    return file.subarray(at, at + file.readUInt32BE(at));
  };
  return { data: boxOf('mdat').subarray(8), av1C: boxOf('av1C') };
}

/** An item that is not the image: what it is, and what it holds. */
export interface ExtraItem {
  type: string;
  data: Buffer;
}

/** Options of an AVIF; defaults are typical. */
export interface AvifSpec extends Size {
  coded: Coded;
  brands?: readonly string[];
  /** Type of the primary item. */
  type?: string;
  /** Properties of the image beside those that are needed. */
  properties?: readonly Buffer[];
  extras?: readonly ExtraItem[];
  /** The data comes before `meta`. */
  isDataFirst?: boolean;
  /** Boxes of the file before its data. */
  boxes?: readonly Buffer[];
  /** Boxes of `meta` beside those that are needed. */
  metaBoxes?: readonly Buffer[];
  /** Number of items that is said, if that is wrong. */
  count?: number;
  /** Bytes of the image that are said, if that is wrong. */
  length?: number;
}

/** An AVIF of coded data. */
export function avif(spec: AvifSpec): Buffer {
  const { brands = ['avif', 'mif1', 'miaf'], extras = [], boxes = [], isDataFirst = false } = spec;
  const ftyp = isoBox('ftyp', Buffer.from(brands[0]!), u32(0), Buffer.from(brands.join('')));
  const data = isoBox('mdat', spec.coded.data, ...extras.map(({ data: extra }) => extra));
  const before = ftyp.length + boxes.reduce((sum, box) => sum + box.length, 0);
  const metaLength = metaOf(spec, 0).length;
  const meta = metaOf(spec, before + (isDataFirst ? 0 : metaLength) + 8);
  return Buffer.concat([ftyp, ...boxes, ...(isDataFirst ? [data, meta] : [meta, data])]);
}

function metaOf(spec: AvifSpec, dataFrom: number): Buffer {
  const { width, height, coded, type = 'av01', properties = [], extras = [], metaBoxes = [] } = spec;
  const items = [
    { type, length: spec.length ?? coded.data.length },
    ...extras.map((extra) => ({ type: extra.type, length: extra.data.length })),
  ];
  let from = dataFrom;
  const locations = items.map(({ length }, i) => {
    const location = Buffer.concat([u16(i + 1, 0, 1), u32(from, length)]);
    from += i === 0 ? coded.data.length : length;
    return location;
  });
  const entries = items.map((item, i) =>
    fullBox(
      'infe',
      2,
      u16(i + 1, 0),
      Buffer.from(item.type),
      Buffer.from(item.type === 'mime' ? 'x\0application/rdf+xml\0' : 'x\0'),
    ),
  );
  const all = [
    fullBox('ispe', 0, u32(width, height)),
    fullBox('pixi', 0, Buffer.from([3, 8, 8, 8])),
    coded.av1C,
    ...properties,
  ];
  const associations = Buffer.from([
    all.length,
    ...all.map((property, i) => (property === coded.av1C ? 0x80 : 0) | (i + 1)),
  ]);
  return fullBox(
    'meta',
    0,
    fullBox('hdlr', 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
    fullBox('pitm', 0, u16(1)),
    fullBox('iloc', 0, Buffer.from([0x44, 0]), u16(items.length), ...locations),
    fullBox('iinf', 0, u16(spec.count ?? items.length), ...entries),
    isoBox('iprp', isoBox('ipco', ...all), fullBox('ipma', 0, u32(1), u16(1), associations)),
    ...metaBoxes,
  );
}
