import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts } from './image-facts.js';

/** Limits on blocks before the first frame, and on sub-blocks up to its end. 22 MiB in full sub-blocks are 91,000. */
export const MAX_BLOCKS = 5000;
export const MAX_SUB_BLOCKS = 200_000;

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;

const HAS_PALETTE = 0x80;
const INTERLACED = 0x40;
const TRANSPARENT = 0x01;

/** Range of a palette in the file, three bytes a color. */
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
  /** Index of the transparent color. */
  transparent: number | undefined;
  /** Minimum code size: bits of a color index. */
  codeBits: number;
  /** Offset of its sub-blocks. */
  dataFrom: number;
}

/**
 * Walks a GIF (GIF89a specification, 1990) from after its signature to the end of its first frame. `onFacts` is
 * called with the size of the screen, enlarged to contain the frame. Nothing is decoded; later frames are not part of
 * the image.
 * @throws Problem `image-corrupt` | `image-too-complex`
 */
export function* walkGif(cursor: ByteCursor, onFacts: OnImageFacts): Reading<void> {
  const { screen } = yield* readGifFrame(cursor);
  onFacts(sized('gif', screen.width, screen.height));
  yield* skipSubBlocks(cursor, { subBlocks: 0 });
}

/** Reads from after the signature up to the first frame's data. @throws Problem as `walkGif` */
export function* readGifFrame(cursor: ByteCursor): Reading<GifFrame> {
  const head = yield* cursor.take(7);
  const common = yield* skipPalette(cursor, head.readUInt8(4));
  const state = { subBlocks: 0 };
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
    if (label === GRAPHIC_CONTROL) transparent = yield* graphicControl(cursor, state);
    else yield* skipSubBlocks(cursor, state);
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
function* graphicControl(cursor: ByteCursor, state: WalkState): Reading<number | undefined> {
  const size = (yield* cursor.take(1)).readUInt8(0);
  if (size < 4) throw corrupt();
  const body = yield* cursor.take(size);
  yield* skipSubBlocks(cursor, state);
  return (body.readUInt8(0) & TRANSPARENT) === 0 ? undefined : body.readUInt8(3);
}

interface WalkState {
  subBlocks: number;
}

/** Skips sub-blocks up to and including the empty one that ends them. */
function* skipSubBlocks(cursor: ByteCursor, state: WalkState): Reading<void> {
  for (;;) {
    const length = (yield* cursor.take(1)).readUInt8(0);
    if (length === 0) return;
    state.subBlocks += 1;
    if (state.subBlocks > MAX_SUB_BLOCKS) throw new Problem('image-too-complex');
    yield* cursor.skip(length);
  }
}
