import { colorAt, cornerAt, CORNERS, QUARTERS } from './pattern.js';

/** Options of a BMP; defaults are typical. */
export interface BmpSpec {
  width: number;
  height: number;
  bits?: number;
  /** Bytes of the second header. */
  header?: number;
  /** 0 none, 1 RLE8, 2 RLE4, 3 and 6 with masks. */
  method?: number;
  isTopDown?: boolean;
  /** Masks of red, green, blue and alpha. */
  masks?: readonly number[];
  /** The coded pixels, instead of those of the pattern. */
  pixels?: Buffer;
  /** A color profile, after the pixels. */
  profile?: Buffer;
  /** Opacity that pixels of 32 bits have. */
  opacity?: number;
  /** Where the header says that the pixels begin, if that is wrong. */
  pixelsFrom?: number;
}

/** A BMP of the pattern. */
export function bmp(spec: BmpSpec): Buffer {
  const { bits = 24, header = 40, masks = [], profile = Buffer.alloc(0) } = spec;
  const palette = bits > 8 ? Buffer.alloc(0) : paletteOf(header === 12 ? 3 : 4);
  // In a header of 52 bytes and more the masks are a part of it.
  const tail = header === 40 ? Buffer.from(Uint32Array.from(masks).buffer) : Buffer.alloc(0);
  const pixels = spec.pixels ?? pixelsOf(spec);
  const from = 14 + header + tail.length + palette.length;
  const head = Buffer.alloc(14 + header);
  head.write('BM', 0, 'latin1');
  head.writeUInt32LE((from + pixels.length + profile.length) >>> 0, 2);
  head.writeUInt32LE(spec.pixelsFrom ?? from, 10);
  head.writeUInt32LE(header, 14);
  if (header === 12)
    [spec.width, spec.height, 1, bits].forEach((value, i) => head.writeUInt16LE(value, 18 + 2 * i));
  else writeInfo(head, { ...spec, bits, header });
  if (header === 124 && profile.length > 0) {
    head.write('DEBM', 14 + 56, 'latin1');
    head.writeUInt32LE(from - 14 + pixels.length, 14 + 112);
    head.writeUInt32LE(profile.length, 14 + 116);
  }
  return Buffer.concat([head, tail, palette, pixels, profile]);
}

/** The second header of Windows. */
function writeInfo(head: Buffer, spec: BmpSpec & { bits: number; header: number }): void {
  const { width, height, bits, header, method = 0, isTopDown = false, masks = [] } = spec;
  head.writeInt32LE(width, 18);
  head.writeInt32LE(isTopDown ? -height : height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(method, 30);
  head.writeUInt32LE(11_811, 38);
  head.writeUInt32LE(11_811, 42);
  if (header > 40) masks.forEach((mask, i) => head.writeUInt32LE(mask, 54 + 4 * i));
}

/** The four colors of the pattern. */
function paletteOf(entryBytes: number): Buffer {
  return Buffer.concat(
    CORNERS.map((corner) => {
      const [red, green, blue] = QUARTERS[corner];
      return Buffer.from([blue, green, red, 0].slice(0, entryBytes));
    }),
  );
}

function pixelsOf(spec: BmpSpec): Buffer {
  const { width, height, bits = 24, isTopDown = false } = spec;
  const stride = Math.floor((width * bits + 31) / 32) * 4;
  const data = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1) {
    const y = isTopDown ? row : height - 1 - row;
    for (let x = 0; x < width; x += 1) {
      const value = valueAt(x, y, spec);
      const at = row * stride;
      if (bits >= 8) data.writeUIntLE(value, at + (x * bits) / 8, bits / 8);
      else data[at + ((x * bits) >> 3)]! |= value << (8 - bits - ((x * bits) & 7));
    }
  }
  return data;
}

/** A pixel as it is stored: the number of a corner, or a color. */
function valueAt(x: number, y: number, { width, height, bits = 24, masks, opacity = 0 }: BmpSpec): number {
  const size = { width, height };
  if (bits <= 8) return CORNERS.indexOf(cornerAt(x, y, size)) & ((1 << bits) - 1);
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff, bits === 32 ? 0xff000000 : 0];
  return masked([...colorAt(x, y, size), opacity], masks ?? usual);
}

/** Values of 0 to 255 in the bits that masks give them. */
function masked(values: readonly number[], masks: readonly number[]): number {
  return masks.reduce((pixel, mask, i) => {
    if (mask === 0) return pixel;
    const shift = 31 - Math.clz32(mask & -mask);
    const top = mask >>> shift;
    return (pixel | (Math.round(((values[i] ?? 0) / 255) * top) << shift)) >>> 0;
  }, 0);
}

/** The pattern in runs, RLE8 or RLE4. */
export function runLengthPixels(
  { width, height }: { width: number; height: number },
  isNibbles = false,
): Buffer {
  const bytes: number[] = [];
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let x = 0; x < width;) {
      const half = x < width / 2 ? Math.ceil(width / 2) : width;
      const count = Math.min(half - x, 255);
      const index = CORNERS.indexOf(cornerAt(x, y, { width, height }));
      bytes.push(count, isNibbles ? index * 17 : index);
      x += count;
    }
    bytes.push(0, 0);
  }
  return Buffer.from([...bytes, 0, 1]);
}
