import { CORNERS, cornerAt, QUARTERS } from './pattern.js';

interface Size {
  width: number;
  height: number;
}

/** A frame of a GIF. */
export interface GifFrameSpec extends Size {
  left?: number;
  top?: number;
  isInterlaced?: boolean;
  /** Index that is transparent. */
  transparent?: number;
  /** How many of its pixels are coded. */
  pixels?: number;
  /** Leaves the code out that ends the data. */
  isOpen?: boolean;
}

/** Bits of a color's index. */
const CODE_BITS = 2;

/** A GIF of the pattern, the same in each frame. */
export function gif(
  screen: Size,
  frames: readonly GifFrameSpec[] = [screen],
  extensions: readonly Buffer[] = [],
): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x81\0\0', 'latin1');
  head.writeUInt16LE(screen.width, 6);
  head.writeUInt16LE(screen.height, 8);
  const palette = Buffer.from(CORNERS.flatMap((corner) => [...QUARTERS[corner]]));
  return Buffer.concat([head, palette, ...extensions, ...frames.map(frameOf), Buffer.from([0x3b])]);
}

/** An application's or a comment's extension. */
export const gifExtension = (label: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([0x21, label]), subBlocks(Buffer.from(text, 'latin1'))]);

function frameOf(frame: GifFrameSpec): Buffer {
  const { width, height, left = 0, top = 0, isInterlaced = false, transparent } = frame;
  const control = Buffer.from([0x21, 0xf9, 4, transparent === undefined ? 0 : 1, 5, 0, transparent ?? 0, 0]);
  const head = Buffer.alloc(11);
  head[0] = 0x2c;
  [left, top, width, height].forEach((value, i) => head.writeUInt16LE(value, 1 + 2 * i));
  head[9] = isInterlaced ? 0x40 : 0;
  head[10] = CODE_BITS;
  return Buffer.concat([control, head, subBlocks(codedPixels(frame))]);
}

function rowsOf({ height, isInterlaced = false }: GifFrameSpec): number[] {
  const all = Array.from({ length: height }, (_, y) => y);
  if (!isInterlaced) return all;
  return [
    ...all.filter((y) => y % 8 === 0),
    ...all.filter((y) => y % 8 === 4),
    ...all.filter((y) => y % 4 === 2),
    ...all.filter((y) => y % 2 === 1),
  ];
}

/** LZW that clears its table before a code would need more bits. */
function codedPixels(frame: GifFrameSpec): Buffer {
  const { width, height, pixels = width * height, isOpen = false } = frame;
  const indices = rowsOf(frame).flatMap((y) =>
    Array.from({ length: width }, (_, x) => CORNERS.indexOf(cornerAt(x, y, frame))),
  );
  const clear = 1 << CODE_BITS;
  const codes = indices
    .slice(0, pixels)
    .flatMap((index, i) => (i % (clear - 2) === 0 ? [clear, index] : [index]));
  if (!isOpen) codes.push(clear + 1);
  const bytes: number[] = [];
  let [held, bits] = [0, 0];
  for (const code of codes) {
    bits |= code << held;
    held += CODE_BITS + 1;
    for (; held >= 8; held -= 8, bits >>= 8) bytes.push(bits & 255);
  }
  return Buffer.from([...bytes, bits & 255]);
}

function subBlocks(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...parts, Buffer.alloc(1)]);
}
