import type { Surface } from './canvas-surface.js';
import { ColorEvidence } from './color-evidence.js';
import type { Stroke } from './edit.js';
import type { Rect, Size } from './frame-geometry.js';
import { refinePixels } from './refined-pixels.js';
import { cellOf, distances, linesOf, reachOf } from './stroke-field.js';
import { addEvidence, isConclusive, MARGIN, refineWindow, type RefineWindow } from './stroke-refiner.js';
import type { TileSnapshot } from './tile-snapshot.js';

/** Side of a tile, in cells. Messages to the worker are handled between tiles. */
const TILE_CELLS = 128;

/** Distance, in radii, up to which a cell can have pixels inside of the brush. */
const NEAR = 1.4;

/** A copy of the picture at one scale. */
export interface RefinedLevel {
  scale: number;
  /** The photo at the size of the cutout. */
  picture: CanvasImageSource;
  cutout: Surface;
  size: Size;
  /** The cutout before the stroke, in all pixels that the stroke reaches. */
  before: TileSnapshot;
}

/** What a stroke is refined on. */
export interface RefinedPicture {
  /** Size of the whole picture. */
  size: Size;
  /** The largest first. */
  levels: readonly RefinedLevel[];
}

/** A tile of the grid without its margin, and its window. */
interface Tile {
  inner: Rect;
  window: RefineWindow;
}

const scratchOf = ({ width, height }: Size): Surface => {
  const surface = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (surface === null) throw new RangeError('no canvas');
  surface.imageSmoothingQuality = 'high';
  return surface;
};

const pixelsOf = (surface: Surface): ImageData =>
  surface.getImageData(0, 0, surface.canvas.width, surface.canvas.height);

const scaled = ({ left, top, width, height }: Rect, by: number): Rect => ({
  left: left * by,
  top: top * by,
  width: width * by,
  height: height * by,
});

const channel = new MessageChannel();

/** Lets the worker handle messages. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(undefined);
  });

/**
 * Refines a stroke on all levels: its rough border becomes the edge that the photo has there. The result depends on the photo,
 * the cutout before the stroke and the stroke only.
 * @returns false if colors do not separate subject and background there; nothing is changed then
 */
export async function refineStroke(picture: RefinedPicture, stroke: Stroke): Promise<boolean> {
  const cell = cellOf(stroke, picture.size);
  const tiles: Tile[] = [];
  for (const inner of tilesOf(stroke, picture.size, cell)) {
    const window = windowOf(picture, inner, stroke, cell);
    const reached = reachedPart(inner, window);
    if (reached !== undefined) tiles.push({ inner: reached, window });
    await pause();
  }
  const evidence = new ColorEvidence();
  for (const { window } of tiles) addEvidence(evidence, window, stroke.mode);
  const windows = tiles.map(({ window }) => window);
  if (!isConclusive(evidence, windows, stroke.mode)) return false;
  for (const { inner, window } of tiles) {
    const refined = refineWindow(window, evidence, stroke.mode);
    for (const level of picture.levels) {
      refineLevel(level, scaled(inner, cell * level.scale), (tile) =>
        refinePixels(refined, { ...tile, pixelsPerCell: cell * level.scale }, stroke.mode),
      );
    }
    await pause();
  }
  return true;
}

/** Divides the cells that a stroke reaches into tiles. */
function tilesOf(stroke: Stroke, size: Size, cell: number): Rect[] {
  const grid = { width: Math.ceil(size.width / cell), height: Math.ceil(size.height / cell) };
  const { left, top, width, height } = reachOf(linesOf(stroke, cell), stroke.size / 2 / cell, grid);
  const tiles: Rect[] = [];
  for (let y = top; y < top + height; y += TILE_CELLS) {
    for (let x = left; x < left + width; x += TILE_CELLS) {
      const right = Math.min(left + width, x + TILE_CELLS);
      const bottom = Math.min(top + height, y + TILE_CELLS);
      tiles.push({ left: x, top: y, width: right - x, height: bottom - y });
    }
  }
  return tiles;
}

/** The part of a tile that the stroke reaches; undefined if it reaches none. */
function reachedPart(inner: Rect, { rect, distance }: RefineWindow): Rect | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (let y = inner.top; y < inner.top + inner.height; y++) {
    for (let x = inner.left; x < inner.left + inner.width; x++) {
      const i = (y - rect.top) * rect.width + x - rect.left;
      // Pixels at the border of the brush are nearer than their cell.
      if ((distance[i] as number) >= NEAR) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left, height: bottom - top };
}

/** Reads a tile with its margin. */
function windowOf({ size, levels }: RefinedPicture, inner: Rect, stroke: Stroke, cell: number): RefineWindow {
  const left = Math.max(0, inner.left - MARGIN);
  const top = Math.max(0, inner.top - MARGIN);
  const right = Math.min(Math.ceil(size.width / cell), inner.left + inner.width + MARGIN);
  const bottom = Math.min(Math.ceil(size.height / cell), inner.top + inner.height + MARGIN);
  const rect = { left, top, width: right - left, height: bottom - top };
  const distance = distances(linesOf(stroke, cell), stroke.size / 2 / cell, rect);
  const scratch = scratchOf(rect);
  const [level] = levels;
  if (level === undefined) throw new RangeError('no level');
  const from = scaled(rect, cell * level.scale);
  scratch.drawImage(
    level.picture,
    from.left,
    from.top,
    from.width,
    from.height,
    0,
    0,
    rect.width,
    rect.height,
  );
  const rgba = pixelsOf(scratch).data;
  level.before.drawBefore(scratch, from);
  const { data } = pixelsOf(scratch);
  const before = Float32Array.from(distance, (_, i) => (data[4 * i + 3] ?? 0) / 255);
  return { rect, rgba, before, distance };
}

/** Refines the pixels of a tile at one scale. */
function refineLevel(
  { picture, cutout, size, before }: RefinedLevel,
  area: Rect,
  refine: (tile: { rect: Rect; photo: Uint8ClampedArray; cutout: Uint8ClampedArray }) => void,
): void {
  const [left, top] = [Math.round(area.left), Math.round(area.top)];
  const right = Math.min(size.width, Math.round(area.left + area.width));
  const bottom = Math.min(size.height, Math.round(area.top + area.height));
  if (right <= left || bottom <= top) return;
  const rect = { left, top, width: right - left, height: bottom - top };
  const scratch = scratchOf(rect);
  scratch.drawImage(picture, -left, -top);
  const photo = pixelsOf(scratch).data;
  before.drawBefore(scratch, rect);
  const image = pixelsOf(scratch);
  refine({ rect, photo, cutout: image.data });
  cutout.putImageData(image, left, top);
}
