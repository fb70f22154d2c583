import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts } from './image-facts.js';

/** Blocks before the first frame. */
export const MAX_BLOCKS = 5000;
/** Sub-blocks up to the end of the first frame. 22 MiB in full sub-blocks are 91,000. */
export const MAX_SUB_BLOCKS = 200_000;

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;

const HAS_PALETTE = 0x80;
const INTERLACED = 0x40;
const TRANSPARENT = 0x01;

/** Where a palette lies in the file, three bytes a color. */
interface Palette {
  from: number;
  colors: number;
}

/** The first frame of a GIF, on its screen. Sizes and places in pixels. */
export interface GifFrame {
  screen: { width: number; height: number };
  left: number;
  top: number;
  width: number;
  height: number;
  isInterlaced: boolean;
  palette: Palette;
  /** Index of the color that is transparent. */
  transparent: number | undefined;
  /** Bits of a color's index in the coded data. */
  codeBits: number;
  /** Where its sub-blocks begin. */
  dataFrom: number;
}

/**
 * Walks a GIF (GIF89a specification, 1990) from after its signature to the end of its first frame; `found` is called with the
 * size, which is that of the screen, or of the frame where that reaches beyond it. Nothing is decoded, and what follows
 * the first frame is no part of the image.
 * @throws Problem `image-corrupt` | `image-too-complex`
 */
export function* walkGif(cursor: ByteCursor, found: OnImageFacts): Reading<void> {
  const { screen } = yield* readGifFrame(cursor);
  found(sized('gif', screen.width, screen.height));
  yield* skipSubBlocks(cursor, { subBlocks: 0 });
}

/** Reads from after the signature up to the first frame's data. @throws Problem as `walkGif` */
export function* readGifFrame(cursor: ByteCursor): Reading<GifFrame> {
  const head = yield* cursor.take(7);
  const common = yield* skipPalette(cursor, head.readUInt8(4));
  const passed = { subBlocks: 0 };
  let transparent: number | undefined;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks += 1) {
    const kind = (yield* cursor.take(1)).readUInt8(0);
    if (kind === IMAGE) {
      const frame = yield* frameHead(cursor, common, transparent);
      const screen = {
        width: Math.max(head.readUInt16LE(0), frame.left + frame.width),
        height: Math.max(head.readUInt16LE(2), frame.top + frame.height),
      };
      return { ...frame, screen };
    }
    if (kind !== EXTENSION) throw corrupt();
    const label = (yield* cursor.take(1)).readUInt8(0);
    if (label === GRAPHIC_CONTROL) transparent = yield* graphicControl(cursor, passed);
    else yield* skipSubBlocks(cursor, passed);
  }
  throw new Problem('image-too-complex');
}

/** A table of 2 to 256 colors, where the flags say that there is one. */
function* skipPalette(cursor: ByteCursor, flags: number): Reading<Palette | undefined> {
  if ((flags & HAS_PALETTE) === 0) return undefined;
  const palette = { from: cursor.position, colors: 2 << (flags & 7) };
  yield* cursor.skip(3 * palette.colors);
  return palette;
}

/** Image descriptor, palette and code size (sections 20 to 22). */
function* frameHead(
  cursor: ByteCursor,
  common: Palette | undefined,
  transparent: number | undefined,
): Reading<Omit<GifFrame, 'screen'>> {
  const head = yield* cursor.take(9);
  const flags = head.readUInt8(8);
  const palette = (yield* skipPalette(cursor, flags)) ?? common;
  const codeBits = (yield* cursor.take(1)).readUInt8(0);
  const [width, height] = [head.readUInt16LE(4), head.readUInt16LE(6)];
  if (palette === undefined || codeBits < 1 || codeBits > 8 || width === 0 || height === 0) throw corrupt();
  return {
    left: head.readUInt16LE(0),
    top: head.readUInt16LE(2),
    ...{ width, height, palette, transparent, codeBits },
    isInterlaced: (flags & INTERLACED) !== 0,
    dataFrom: cursor.position,
  };
}

/** Returns the index of the transparent color, if there is one (section 23). */
function* graphicControl(cursor: ByteCursor, passed: Passed): Reading<number | undefined> {
  const size = (yield* cursor.take(1)).readUInt8(0);
  if (size < 4) throw corrupt();
  const body = yield* cursor.take(size);
  yield* skipSubBlocks(cursor, passed);
  return (body.readUInt8(0) & TRANSPARENT) === 0 ? undefined : body.readUInt8(3);
}

interface Passed {
  subBlocks: number;
}

/** Sub-blocks up to and with the empty one that ends them. */
function* skipSubBlocks(cursor: ByteCursor, passed: Passed): Reading<void> {
  for (;;) {
    const length = (yield* cursor.take(1)).readUInt8(0);
    if (length === 0) return;
    passed.subBlocks += 1;
    if (passed.subBlocks > MAX_SUB_BLOCKS) throw new Problem('image-too-complex');
    yield* cursor.skip(length);
  }
}
