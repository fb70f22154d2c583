import { BitWriter, flatTable, writeDifference } from './jpeg-bits.js';
import { colorAt, lumaOf } from './pattern.js';

/** What a JPEG of the pattern is to look like. */
export interface JpegOptions {
  width: number;
  height: number;
  /** 1 gray, 3 YCbCr (or RGB with an Adobe marker of transform 0), 4 CMYK or YCCK. */
  components?: 1 | 3 | 4;
  /** Horizontal and vertical sampling of each component; all 1 unless given. */
  sampling?: readonly (readonly [number, number])[];
  /** Adobe's marker with this transform: 0 RGB or CMYK, 1 YCbCr, 2 YCCK. */
  adobe?: 0 | 1 | 2;
  precision?: 8 | 12;
  /** Frame header: 0xc0 baseline, 0xc1 extended, 0xc2 progressive. */
  frame?: number;
  /** MCUs between two restart markers. */
  restart?: number;
  /** One scan a component instead of one for all. */
  planes?: boolean;
  /** Segments before the tables. */
  before?: Buffer[];
  jfif?: boolean;
  /** Further scans of a progressive image, each of nothing. */
  emptyScans?: number;
}

/** A marker segment. */
export function jpegSegment(marker: number, body: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** Start and end of an image. */
export const SOI = Buffer.from([0xff, 0xd8]);
export const EOI = Buffer.from([0xff, 0xd9]);

/** APP1 with a TIFF structure. */
export const exifSegment = (tiff: Buffer): Buffer =>
  jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]));

/** APP2 segments with a profile, in parts of `partBytes`. */
export function profileSegments(profile: Buffer, partBytes = 65_000): Buffer[] {
  const count = Math.ceil(profile.length / partBytes);
  return Array.from({ length: count }, (_, i) =>
    jpegSegment(
      0xe2,
      Buffer.concat([
        Buffer.from('ICC_PROFILE\0', 'latin1'),
        Buffer.from([i + 1, count]),
        profile.subarray(i * partBytes, (i + 1) * partBytes),
      ]),
    ),
  );
}

const samplingOf = ({ components = 3, sampling = [] }: JpegOptions): (readonly [number, number])[] =>
  Array.from({ length: components }, (_, i) => sampling[i] ?? [1, 1]);

/** Value of a component at a pixel, 0 to 255, in the color space of the markers. */
function componentAt(color: readonly number[], i: number, { components = 3, adobe }: JpegOptions): number {
  // Of YCCK the first three are the complement (ITU-T T.872, 6.5.4).
  const rgb = adobe === 2 ? color.map((value) => 255 - value) : color;
  const [r = 0, g = 0, b = 0] = rgb;
  if (components === 1) return lumaOf(rgb);
  // Adobe stores CMYK inverted: what is written is 255 − ink, and with no black that is RGB.
  if (i === 3) return 255;
  if (adobe === 0) return rgb[i] ?? 0;
  const ycc = [
    lumaOf(rgb),
    128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
    128 + 0.5 * r - 0.418688 * g - 0.081312 * b,
  ];
  return Math.round(ycc[i] ?? 0);
}

/** DC of the block of a component at a pixel: the whole block has the color of its center. */
function levelOf(
  options: JpegOptions,
  i: number,
  [x, y, w, h]: readonly [number, number, number, number],
): number {
  const { width, height, precision = 8 } = options;
  const middle = [Math.min(x + w / 2, width - 1), Math.min(y + h / 2, height - 1)] as const;
  const value = componentAt(colorAt(Math.floor(middle[0]), Math.floor(middle[1]), options), i, options);
  // With all quantizers 1, DC is eight times the mean above the middle level.
  return Math.round((value - 128) * 8 * (precision === 12 ? 16 : 1));
}

function headers(options: JpegOptions): Buffer[] {
  const {
    width,
    height,
    components = 3,
    adobe,
    precision = 8,
    frame = 0xc0,
    jfif = adobe === undefined,
  } = options;
  const sof = Buffer.alloc(6 + 3 * components);
  sof.writeUInt8(precision, 0);
  sof.writeUInt16BE(height, 1);
  sof.writeUInt16BE(width, 3);
  sof.writeUInt8(components, 5);
  samplingOf(options).forEach(([h, v], i) => sof.set([i + 1, (h << 4) | v, 0], 6 + 3 * i));
  const quantizers = Buffer.alloc(precision === 12 ? 129 : 65);
  for (let i = 1; i < quantizers.length; i += 1) quantizers[i] = precision === 12 ? (i + 1) % 2 : 1;
  if (precision === 12) quantizers[0] = 0x10;
  return [
    SOI,
    ...(jfif ? [jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1'))] : []),
    ...(adobe === undefined
      ? []
      : [jpegSegment(0xee, Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, adobe]))]),
    ...(options.before ?? []),
    jpegSegment(0xdb, quantizers),
    jpegSegment(frame, sof),
    jpegSegment(0xc4, flatTable(0x00)),
    jpegSegment(0xc4, flatTable(0x10)),
    ...(options.restart === undefined
      ? []
      : [jpegSegment(0xdd, Buffer.from([options.restart >> 8, options.restart & 255]))]),
  ];
}

/** Header of a scan over some components. */
export const scanHeader = (
  components: readonly number[],
  [from, to, steps]: readonly [number, number, number],
): Buffer =>
  jpegSegment(
    0xda,
    Buffer.from([components.length, ...components.flatMap((i) => [i + 1, 0]), from, to, steps]),
  );

/** Blocks of some components in the order of a scan: MCU by MCU, or plane by plane when there is one component. */
function* blocksOf(
  options: JpegOptions,
  components: readonly number[],
): Generator<[mcu: number, component: number, level: number]> {
  const sampling = samplingOf(options);
  const maxSampling = [
    Math.max(...sampling.map(([h]) => h)),
    Math.max(...sampling.map(([, v]) => v)),
  ] as const;
  const single = components.length === 1;
  const unit = single ? sampling[components[0]!]! : maxSampling;
  const [unitWidth, unitHeight] = single
    ? [(8 * maxSampling[0]) / unit[0], (8 * maxSampling[1]) / unit[1]]
    : [8 * maxSampling[0], 8 * maxSampling[1]];
  let mcu = 0;
  for (let y = 0; y < options.height; y += unitHeight) {
    for (let x = 0; x < options.width; x += unitWidth, mcu += 1) {
      for (const i of components) {
        const [h, v] = single ? ([1, 1] as const) : sampling[i]!;
        const [w, t] = [unitWidth / h, unitHeight / v];
        for (let b = 0; b < h * v; b += 1) {
          yield [mcu, i, levelOf(options, i, [x + (b % h) * w, y + Math.floor(b / h) * t, w, t])];
        }
      }
    }
  }
}

function scan(options: JpegOptions, components: readonly number[]): Buffer {
  const isProgressive = options.frame === 0xc2;
  const bits = new BitWriter();
  const before = new Map<number, number>();
  let last = 0;
  for (const [mcu, i, level] of blocksOf(options, components)) {
    if (mcu !== last && options.restart !== undefined && mcu % options.restart === 0) {
      bits.restart();
      before.clear();
    }
    last = mcu;
    writeDifference(bits, level - (before.get(i) ?? 0));
    before.set(i, level);
    // End of block: no AC. A progressive image has these in scans of their own.
    if (!isProgressive) bits.write(0, 9);
  }
  return Buffer.concat([scanHeader(components, [0, isProgressive ? 0 : 63, 0]), bits.end()]);
}

/** A whole file of the pattern. */
export function jpeg(options: JpegOptions): Buffer {
  const all = Array.from({ length: options.components ?? 3 }, (_, i) => i);
  const scans = options.planes === true ? all.map((i) => scan(options, [i])) : [scan(options, all)];
  // No restarts within these: a run of ends would have to be broken off at each.
  if (options.restart !== undefined && options.frame === 0xc2) scans.push(jpegSegment(0xdd, Buffer.alloc(2)));
  if (options.frame === 0xc2) for (const i of all) scans.push(emptyScan(planeBlocks(options, i), i, [1, 63]));
  for (let n = 0; n < (options.emptyScans ?? 0); n += 1) {
    const band = 1 + (n % 63);
    scans.push(emptyScan(planeBlocks(options, 0), 0, [band, band]));
  }
  return Buffer.concat([...headers(options), ...scans, EOI]);
}

/** Blocks of a component in a scan of its own. */
function planeBlocks(options: JpegOptions, i: number): number {
  const sampling = samplingOf(options);
  const [h, v] = sampling[i]!;
  const [maxH, maxV] = [
    Math.max(...sampling.map(([each]) => each)),
    Math.max(...sampling.map(([, each]) => each)),
  ];
  const columns = Math.ceil(Math.ceil((options.width * h) / maxH) / 8);
  return columns * Math.ceil(Math.ceil((options.height * v) / maxV) / 8);
}

/** A scan of a band of AC coefficients of a component, in which every block is at its end. */
export function emptyScan(blocks: number, component: number, [from, to]: readonly [number, number]): Buffer {
  const bits = new BitWriter();
  // EOBn and n bits: a run of 2ⁿ to 2ⁿ⁺¹ − 1 blocks.
  for (let left = blocks; left > 0;) {
    const size = Math.min(14, Math.floor(Math.log2(left)));
    const run = Math.min(left, 2 ** (size + 1) - 1);
    bits.write(size << 4, 9);
    bits.write(run - 2 ** size, size);
    left -= run;
  }
  return Buffer.concat([scanHeader([component], [from, to, 0]), bits.end()]);
}
