import { wipe } from '#crypto/wipe.js';
import { parseComplete, truncated } from './byte-cursor.js';
import { readGifFrame, type GifFrame } from './gif-walk.js';
import { LzwStrings } from './lzw-strings.js';
import type { PlainImage } from './plain-image.js';

const SIGNATURE_BYTES = 6;
const ALL_COLORS = 256;
/** First row and step of the passes of an interlaced frame (GIF89a, appendix E). */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/**
 * Decodes the first frame of a GIF on its screen, as browsers show it before the next frame. Pixels outside of the
 * frame are transparent, whatever the background color.
 * @throws Problem `image-truncated` when the data ends before the last pixel | `image-corrupt`
 */
export function gifPixels(file: Buffer): PlainImage {
  const frame = parseComplete(file, function* (cursor) {
    yield* cursor.skip(SIGNATURE_BYTES);
    return yield* readGifFrame(cursor);
  });
  const { width, height } = frame.screen;
  const indices = Buffer.alloc(frame.width * frame.height);
  try {
    inflate(file, frame, indices);
    const coversScreen = frame.width === width && frame.height === height;
    const palette = paletteOf(file, frame);
    const unused = coversScreen ? 0 : unusedIndex(frame, indices);
    if (unused === undefined) return { width, height, ...colored(frame, palette, indices) };
    const data = Buffer.alloc(width * height, unused);
    if (!coversScreen) palette.opacity[unused] = 0;
    const isOpaque = coversScreen && frame.transparent === undefined;
    for (const { from, to } of placedRows(frame)) {
      indices.copy(data, (frame.top + to) * width + frame.left, from * frame.width, (from + 1) * frame.width);
    }
    const opacity = isOpaque ? undefined : palette.opacity;
    return { width, height, channels: 1, depth: 8, data, palette: { colors: palette.colors, opacity } };
  } finally {
    wipe(indices);
  }
}

/** Colors of all 256 indices, black where undefined, and their opacity. */
function paletteOf(file: Buffer, { palette, transparent }: GifFrame): { colors: Buffer; opacity: Buffer } {
  const colors = Buffer.alloc(3 * ALL_COLORS);
  file.copy(colors, 0, palette.from, palette.from + 3 * palette.colors);
  const opacity = Buffer.alloc(ALL_COLORS, 255);
  if (transparent !== undefined) opacity[transparent] = 0;
  return { colors, opacity };
}

/** An index for pixels outside of the frame: the transparent one, or one that no pixel uses. */
function unusedIndex({ transparent }: GifFrame, indices: Buffer): number | undefined {
  if (transparent !== undefined) return transparent;
  const used = new Set(indices);
  for (let index = 0; index < ALL_COLORS; index += 1) if (!used.has(index)) return index;
  return undefined;
}

/** Decodes to RGBA, for a frame that uses every color and does not cover the screen. */
function colored(
  frame: GifFrame,
  { colors }: { colors: Buffer },
  indices: Buffer,
): Pick<PlainImage, 'channels' | 'depth' | 'data'> {
  const { width } = frame.screen;
  const data = Buffer.alloc(4 * width * frame.screen.height);
  for (const { from, to } of placedRows(frame)) {
    for (let x = 0; x < frame.width; x += 1) {
      const at = 4 * ((frame.top + to) * width + frame.left + x);
      const color = 3 * (indices[from * frame.width + x] as number);
      colors.copy(data, at, color, color + 3);
      data[at + 3] = 255;
    }
  }
  return { channels: 4, depth: 8, data };
}

/** Rows in stored order, with their row in the frame. */
function* placedRows({ height, isInterlaced }: GifFrame): Generator<{ from: number; to: number }, void> {
  let from = 0;
  for (const [first, step] of isInterlaced ? PASSES : [[0, 1] as const]) {
    for (let to = first; to < height; to += step) {
      yield { from, to };
      from += 1;
    }
  }
}

/** Reads codes (GIF89a, appendix F: LZW, low bits first, up to 12 bits) until all pixels are decoded. */
function inflate(file: Buffer, { codeBits, dataFrom }: GifFrame, out: Buffer): void {
  const clear = 1 << codeBits;
  const strings = new LzwStrings(out, clear, 0);
  const codes = new CodeReader(file, dataFrom);
  while (!strings.isFull) {
    const code = codes.read(strings.width);
    if (code === clear + 1) throw truncated();
    if (code === clear) strings.reset();
    else strings.put(code);
  }
}

/** Reads codes from sub-blocks. @throws Problem `image-truncated` after the last one */
class CodeReader {
  private bits = 0;
  private bitCount = 0;
  private blockBytes = 0;

  constructor(
    private readonly file: Buffer,
    private at: number,
  ) {}

  read(count: number): number {
    while (this.bitCount < count) {
      this.bits |= this.byte() << this.bitCount;
      this.bitCount += 8;
    }
    const code = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.bitCount -= count;
    return code;
  }

  private byte(): number {
    if (this.blockBytes === 0) {
      this.blockBytes = this.file[this.at] ?? 0;
      this.at += 1;
      if (this.blockBytes === 0) throw truncated();
    }
    const byte = this.file[this.at];
    if (byte === undefined) throw truncated();
    this.at += 1;
    this.blockBytes -= 1;
    return byte;
  }
}
