import { wipe } from '#crypto/wipe.js';
import { corrupt, parseComplete, truncated } from './byte-cursor.js';
import { BMP_METHODS, bmpStride, isRunLength, readBmpHeader, type BmpHeader } from './bmp-walk.js';
import type { PlainImage } from './plain-image.js';

const FILE_HEADER_BYTES = 14;
const CORE_HEADER = 12;
const WINDOWS_HEADER = 40;
/** Header sizes from which the color masks, and the alpha mask, are part of the header. */
const MASKS_HEADER = 52;
const ALPHA_MASK_HEADER = 56;
const MASKS_FROM = FILE_HEADER_BYTES + WINDOWS_HEADER;

/** Default masks of 16 and 32 bits: red, green, blue. The fourth byte of 32 bits is unused. */
const MASKS_16 = [0x7c00, 0x03e0, 0x001f, 0];
const MASKS_32 = [0xff0000, 0xff00, 0xff, 0];

/** A file, its headers, and the layout that follows from them. */
interface Bmp {
  file: Buffer;
  header: BmpHeader;
  /** Color masks: red, green, blue, alpha; undefined where pixels are indices or 24 bits. */
  masks: readonly number[] | undefined;
  /** Offset of the palette. */
  paletteFrom: number;
}

/**
 * Decodes a BMP. Alpha is used when it has a mask and is not 0 everywhere. Pixels that a run-length coding omits are
 * transparent, as in browsers.
 * @throws Problem `image-truncated` | `image-corrupt`
 */
export function bmpPixels(file: Buffer): PlainImage {
  const header = parseComplete(file, function* (cursor) {
    yield* cursor.skip(2);
    return yield* readBmpHeader(cursor);
  });
  const bmp = { file, header, ...layoutOf(file, header) };
  const { width, height, density } = header;
  const hasDensity = density.x > 0 && density.y > 0;
  return {
    width,
    height,
    ...pixelsOf(bmp),
    profile: profileOf(bmp),
    density: hasDensity ? density : undefined,
  };
}

type Pixels = Pick<PlainImage, 'channels' | 'depth' | 'data' | 'palette'>;

function pixelsOf(bmp: Bmp): Pixels {
  const { file, header } = bmp;
  if (header.pixelsFrom < bmp.paletteFrom) throw corrupt();
  if (isRunLength(header)) return runLengthPixels(bmp);
  const rows = bmpStride(header) * (header.height - 1) + Math.ceil((header.width * header.bits) / 8);
  if (header.pixelsFrom + rows > file.length) throw truncated();
  if (header.bits <= 8) return indexedPixels(bmp);
  return header.bits === 24 ? truePixels(bmp) : maskedPixels(bmp);
}

function layoutOf(
  file: Buffer,
  { headerBytes, method, bits }: BmpHeader,
): Pick<Bmp, 'masks' | 'paletteFrom'> {
  const paletteFrom = FILE_HEADER_BYTES + headerBytes;
  if (method === BMP_METHODS.bitfields || method === BMP_METHODS.alphaBitfields) {
    const count = method === BMP_METHODS.alphaBitfields || headerBytes >= ALPHA_MASK_HEADER ? 4 : 3;
    const from = headerBytes >= MASKS_HEADER ? MASKS_FROM : paletteFrom;
    if (from + 4 * count > file.length) throw truncated();
    const masks = [0, 1, 2, 3].map((i) => (i < count ? file.readUInt32LE(from + 4 * i) : 0));
    return { masks, paletteFrom: headerBytes === WINDOWS_HEADER ? from + 4 * count : paletteFrom };
  }
  const masks = bits === 16 ? MASKS_16 : bits === 32 ? MASKS_32 : undefined;
  return { masks, paletteFrom };
}

/** Row of the image for a stored row. */
const rowAt = ({ header: { height, isTopDown } }: Bmp, y: number): number => (isTopDown ? y : height - 1 - y);

/** 256 colors; indices that the file does not define are black. */
function paletteOf({ file, header, paletteFrom }: Bmp): Buffer {
  const entryBytes = header.headerBytes === CORE_HEADER ? 3 : 4;
  const room = Math.floor((Math.min(file.length, header.pixelsFrom) - paletteFrom) / entryBytes);
  const all = 1 << header.bits;
  const count = Math.min(header.colors || all, all, room);
  if (count < 1) throw corrupt();
  const colors = Buffer.alloc(3 * 256);
  for (let i = 0; i < count; i += 1) {
    const at = paletteFrom + entryBytes * i;
    for (let channel = 0; channel < 3; channel += 1)
      colors[3 * i + channel] = file[at + 2 - channel] as number;
  }
  return colors;
}

/** 1, 2, 4 or 8 bits a pixel. */
function indexedPixels(bmp: Bmp): Pixels {
  const { file, header } = bmp;
  const { width, height, bits, pixelsFrom } = header;
  const palette = { colors: paletteOf(bmp), opacity: undefined };
  const data = Buffer.alloc(width * height);
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y += 1) {
    const from = pixelsFrom + y * bmpStride(header);
    const to = rowAt(bmp, y) * width;
    if (bits === 8) file.copy(data, to, from, from + width);
    else {
      for (let x = 0; x < width; x += 1) {
        const byte = file[from + ((x * bits) >> 3)] as number;
        data[to + x] = (byte >> (8 - bits - ((x * bits) & 7))) & mask;
      }
    }
  }
  return { channels: 1, depth: 8, data, palette };
}

/** 24 bits a pixel: blue, green, red. */
function truePixels(bmp: Bmp): Pixels {
  const { file, header } = bmp;
  const { width, height, pixelsFrom } = header;
  const data = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    let from = pixelsFrom + y * bmpStride(header);
    let to = 3 * rowAt(bmp, y) * width;
    for (let x = 0; x < width; x += 1, from += 3, to += 3) {
      data[to] = file[from + 2] as number;
      data[to + 1] = file[from + 1] as number;
      data[to + 2] = file[from] as number;
    }
  }
  return { channels: 3, depth: 8, data };
}

/** 16 or 32 bits a pixel, with masks for the channels. */
function maskedPixels(bmp: Bmp): Pixels {
  const { file, header, masks = MASKS_32 } = bmp;
  const { width, height, bits, pixelsFrom } = header;
  const channels = masks[3] === 0 ? 3 : 4;
  const readers = masks.slice(0, channels).map(channelReader);
  const data = Buffer.alloc(channels * width * height);
  const step = bits / 8;
  for (let y = 0; y < height; y += 1) {
    const from = pixelsFrom + y * bmpStride(header);
    let to = channels * rowAt(bmp, y) * width;
    for (let x = 0; x < width; x += 1, to += channels) {
      const pixel = bits === 16 ? file.readUInt16LE(from + x * step) : file.readUInt32LE(from + x * step);
      for (let channel = 0; channel < channels; channel += 1) {
        data[to + channel] = (readers[channel] as ChannelReader)(pixel);
      }
    }
  }
  // Some programs write an alpha mask and leave alpha 0.
  if (channels === 4 && !hasAlpha(data)) for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return { channels, depth: 8, data };
}

const hasAlpha = (data: Buffer): boolean => {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return true;
  return false;
};

type ChannelReader = (pixel: number) => number;

/** Reads the contiguous bits of a mask as 0 to 255. */
function channelReader(mask: number): ChannelReader {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const top = mask >>> shift;
  if ((top & (top + 1)) !== 0) throw corrupt();
  if (top === 255) return (pixel) => (pixel >>> shift) & 255;
  return (pixel) => Math.round((((pixel >>> shift) & top) / top) * 255);
}

/** RLE4 and RLE8: runs, literal pixels, ends of lines and jumps. */
function runLengthPixels(bmp: Bmp): Pixels {
  const { width, height } = bmp.header;
  const colors = paletteOf(bmp);
  const data = Buffer.alloc(4 * width * height);
  const reader = new RunReader(bmp.file, bmp.header);
  const put: Put = (x, y, index) => {
    const at = 4 * (rowAt(bmp, y) * width + x);
    data[at] = colors[3 * index] as number;
    data[at + 1] = colors[3 * index + 1] as number;
    data[at + 2] = colors[3 * index + 2] as number;
    data[at + 3] = 255;
  };
  try {
    reader.read(put);
    return { channels: 4, depth: 8, data };
  } catch (error) {
    wipe(data);
    throw error;
  } finally {
    wipe(colors);
  }
}

type Put = (x: number, y: number, index: number) => void;

const END_OF_LINE = 0;
const END_OF_IMAGE = 1;
const JUMP = 2;

class RunReader {
  private at: number;
  private x = 0;
  private y = 0;
  private readonly isNibbles: boolean;

  constructor(
    private readonly file: Buffer,
    private readonly header: BmpHeader,
  ) {
    this.at = header.pixelsFrom;
    this.isNibbles = header.method === BMP_METHODS.rle4;
  }

  /** @throws Problem `image-truncated` before the last row is reached | `image-corrupt` */
  read(put: Put): void {
    while (this.y < this.header.height) {
      const [count, value] = [this.byte(), this.byte()];
      if (count > 0) this.run(count, (i) => (this.isNibbles ? nibble(value, i) : value), put);
      else if (value === END_OF_IMAGE) return;
      else if (value === END_OF_LINE) [this.x, this.y] = [0, this.y + 1];
      else if (value === JUMP) this.jump();
      else this.literal(value, put);
    }
  }

  private literal(count: number, put: Put): void {
    const bytes = this.isNibbles ? (count + 1) >> 1 : count;
    const from = this.at;
    if (from + bytes > this.file.length) throw truncated();
    const index = (i: number): number =>
      this.isNibbles ? nibble(this.file[from + (i >> 1)] as number, i) : (this.file[from + i] as number);
    this.run(count, index, put);
    this.at = from + bytes + (bytes & 1);
  }

  private run(count: number, index: (i: number) => number, put: Put): void {
    for (let i = 0; i < count && this.x < this.header.width; i += 1) {
      put(this.x, this.y, index(i));
      this.x += 1;
    }
  }

  private jump(): void {
    this.x += this.byte();
    this.y += this.byte();
    if (this.x > this.header.width || this.y > this.header.height) throw corrupt();
  }

  private byte(): number {
    const byte = this.file[this.at];
    if (byte === undefined) throw truncated();
    this.at += 1;
    return byte;
  }
}

const nibble = (byte: number, i: number): number => ((i & 1) === 0 ? byte >> 4 : byte & 15);

/** A copy of the color profile. */
const profileOf = ({ file, header: { profile } }: Bmp): Buffer | undefined =>
  profile && Buffer.from(file.subarray(profile.from, profile.to));
