import { endianness } from 'node:os';
import { wipe } from '#crypto/wipe.js';
import { parseComplete } from './byte-cursor.js';
import { MAX_PROFILE_BYTES } from './image-facts.js';
import type { PlainImage } from './plain-image.js';
import { UNPACK, type Unpack } from './tiff-codings.js';
import { partBytes, PHOTOMETRIC, tiffLayout, TiffValues, type TiffLayout } from './tiff-layout.js';
import { readTiffPage, TIFF_TAGS } from './tiff-walk.js';

const MAGIC_BYTES = 4;
const METERS = { inch: 0.0254, centimeter: 0.01 };

/**
 * Decodes the first page of a TIFF: gray, RGB or a palette, with alpha; uncompressed, LZW, Deflate or PackBits;
 * strips or tiles; 1 to 16 bits.
 * @throws Problem `image-truncated` | `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function tiffPixels(file: Buffer): PlainImage {
  const page = parseComplete(file, function* (cursor) {
    const magic = yield* cursor.take(MAGIC_BYTES);
    return yield* readTiffPage(cursor, magic);
  });
  const values = new TiffValues(file, page);
  const layout = tiffLayout(file, values);
  const { width, height } = layout;
  const raster = new PageRaster(layout, page.isLittle);
  try {
    raster.fill(file);
    return {
      ...{ width, height, channels: raster.channels, depth: raster.depth, data: raster.data },
      palette: paletteOf(layout, values),
      profile: values.bytes(TIFF_TAGS.profile, MAX_PROFILE_BYTES),
      density: densityOf(values),
      orientation: values.one(TIFF_TAGS.orientation, 1),
    };
  } catch (error) {
    wipe(raster.data);
    throw error;
  }
}

/** 256 colors. Some writers store 8 bits instead of 16. */
function paletteOf({ photometric, bits }: TiffLayout, values: TiffValues): PlainImage['palette'] {
  if (photometric !== PHOTOMETRIC.palette) return undefined;
  const count = 1 << bits;
  const map = values.all(TIFF_TAGS.colorMap, 3 * 256) ?? [];
  const isWide = map.some((value) => value > 255);
  const colors = Buffer.alloc(3 * 256);
  for (let i = 0; i < count; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = map[channel * count + i] ?? 0;
      colors[3 * i + channel] = isWide ? value >> 8 : value;
    }
  }
  return { colors, opacity: undefined };
}

function densityOf(values: TiffValues): PlainImage['density'] {
  const unit = values.one(TIFF_TAGS.resolutionUnit, 2);
  const [x, y] = [values.fraction(TIFF_TAGS.xResolution), values.fraction(TIFF_TAGS.yResolution)];
  if (x === undefined || y === undefined || (unit !== 2 && unit !== 3)) return undefined;
  const meters = unit === 2 ? METERS.inch : METERS.centimeter;
  const perMeter = (value: number): number => Math.min(Math.round(value / meters), 0x7fffffff);
  return { x: perMeter(x), y: perMeter(y) };
}

/** The pixels of a page, filled by strips or tiles. */
class PageRaster {
  readonly channels: PlainImage['channels'];
  readonly depth: 8 | 16;
  readonly data: Buffer;
  private readonly rowBytes: number;

  constructor(
    private readonly layout: TiffLayout,
    private readonly isLittle: boolean,
  ) {
    const { colors, alpha, bits, width, height } = layout;
    this.channels = (colors + (alpha === 'none' ? 0 : 1)) as PlainImage['channels'];
    this.depth = bits === 16 ? 16 : 8;
    this.rowBytes = (width * this.channels * this.depth) / 8;
    this.data = Buffer.alloc(this.rowBytes * height);
  }

  /** @throws Problem `image-corrupt` when a part holds less than it should */
  fill(file: Buffer): void {
    const { layout } = this;
    const { part, parts, width, height } = layout;
    const unpack = UNPACK.get(layout.compression) as Unpack;
    const across = Math.ceil(width / part.width);
    const perPlane = across * Math.ceil(height / part.height);
    const memory = Buffer.alloc(partBytes(layout, part.height));
    try {
      for (const [i, { from, to }] of parts.entries()) {
        const place = i % perPlane;
        const top = Math.floor(place / across) * part.height;
        const rows = Math.min(part.height, height - top);
        // Tiles are complete even beyond the page; strips are not.
        const pixels = memory.subarray(0, partBytes(layout, part.isTile ? part.height : rows));
        unpack(file.subarray(from, to), pixels);
        this.place(pixels, {
          plane: Math.floor(i / perPlane),
          left: (place % across) * part.width,
          top,
          rows,
        });
      }
    } finally {
      wipe(memory);
    }
    if (layout.alpha === 'associated') this.divideByAlpha();
  }

  private place(pixels: Buffer, at: { plane: number; left: number; top: number; rows: number }): void {
    const { part, isPlanar, samples, bits, width } = this.layout;
    const stored = isPlanar ? 1 : samples;
    const partRowBytes = partBytes(this.layout, 1);
    const columns = Math.min(part.width, width - at.left);
    for (let y = 0; y < at.rows; y += 1) {
      const row = pixels.subarray(y * partRowBytes, (y + 1) * partRowBytes);
      if (bits === 16) this.toHighFirst(row, stored);
      else if (this.layout.hasPredictor) addUp(row, stored);
      const to = (at.top + y) * this.rowBytes + (at.left * this.channels * this.depth) / 8;
      if (bits < 8) this.placeSmall(row, to, columns);
      else this.placeSamples(row, to, { columns, stored, plane: isPlanar ? at.plane : undefined });
    }
  }

  /** 16-bit samples to big-endian. */
  private toHighFirst(row: Buffer, stored: number): void {
    if (!this.layout.hasPredictor) {
      if (this.isLittle) row.swap16();
      return;
    }
    if (this.isLittle !== IS_LITTLE) row.swap16();
    addUp(wideView(row), stored);
    if (IS_LITTLE) row.swap16();
  }

  /** One sample of fewer than 8 bits a pixel: a palette index, or gray scaled to 0 to 255. */
  private placeSmall(row: Buffer, to: number, columns: number): void {
    const { bits, photometric } = this.layout;
    const top = (1 << bits) - 1;
    const scale = photometric === PHOTOMETRIC.palette ? 1 : 255 / top;
    const flip = photometric === PHOTOMETRIC.whiteIsZero ? top : 0;
    for (let x = 0; x < columns; x += 1) {
      const byte = row[(x * bits) >> 3] as number;
      const value = (byte >> (8 - bits - ((x * bits) & 7))) & top;
      this.data[to + x] = (value ^ flip) * scale;
    }
  }

  /** Samples of 8 or 16 bits, big-endian. Extra samples are skipped. */
  private placeSamples(
    row: Buffer,
    to: number,
    { columns, stored, plane }: { columns: number; stored: number; plane: number | undefined },
  ): void {
    const { channels, data } = this;
    const bytes = this.depth / 8;
    const first = plane ?? 0;
    const count = plane === undefined ? channels : 1;
    if (first >= channels) return;
    const flip = this.layout.photometric === PHOTOMETRIC.whiteIsZero && first === 0 ? 0xff : 0;
    if (stored === channels && flip === 0) {
      row.copy(data, to, 0, columns * channels * bytes);
      return;
    }
    for (let x = 0; x < columns; x += 1) {
      const from = x * stored * bytes;
      const at = to + (x * channels + first) * bytes;
      for (let i = 0; i < count * bytes; i += 1)
        data[at + i] = (row[from + i] as number) ^ (i < bytes ? flip : 0);
    }
  }

  /** Converts premultiplied colors to straight alpha. */
  private divideByAlpha(): void {
    const { channels, data, depth } = this;
    const isSwapped = depth === 16 && IS_LITTLE;
    if (isSwapped) data.swap16();
    const values = depth === 16 ? wideView(data) : data;
    const top = depth === 16 ? 65_535 : 255;
    for (let at = 0; at < values.length; at += channels) {
      const alpha = values[at + channels - 1] as number;
      if (alpha === top || alpha === 0) continue;
      for (let i = 0; i < channels - 1; i += 1) {
        values[at + i] = Math.min(top, Math.round(((values[at + i] as number) * top) / alpha));
      }
    }
    if (isSwapped) data.swap16();
  }
}

/** Undoes horizontal differencing (TIFF 6.0, section 14). */
function addUp(row: Buffer | Uint16Array, stored: number): void {
  for (let at = stored; at < row.length; at += 1)
    row[at] = (row[at] as number) + (row[at - stored] as number);
}

/** 16-bit view in the byte order of this machine. */
const wideView = (bytes: Buffer): Uint16Array =>
  new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

const IS_LITTLE = endianness() === 'LE';
