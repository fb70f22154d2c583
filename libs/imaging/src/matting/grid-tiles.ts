import type { Rect, Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** Cells a side of a tile. */
const TILE_SIDE = 32;
/** Cells around a tile that its results depend on: two box filters of radius 2, or one of radius 4. */
const WINDOW_REACH = 4;
/**
 * Cells around a tile in which a mixed cell makes the tile mixed: one more than refinement reaches, and one for
 * interpolation.
 */
const USED_REACH = 6;

/** A tile of a grid, processed independently. */
export interface Tile {
  /**
   * The tile and the cells that its results depend on, shifted into the grid: the same size for all tiles of a grid.
   */
  window: Rect;
  /** The tile itself, where results equal those of processing the whole grid. */
  inner: Rect;
  /** True when the mask is neither all 0 nor all 255 in and around the tile. */
  isMixed: boolean;
}

/** Colors and opacity of the cells in a tile's window. */
export interface TileWindow {
  tile: Tile;
  /** Size of the whole grid. */
  grid: Size;
  /** R, G, B and opacity of each cell of the window, one byte each, and a row of zeros below. */
  pixels: Uint8Array;
  /** Opacity of each, 0 to 1. */
  alpha: Float32Array;
}

/** Tiles that cover the mask's grid; each cell is in one tile. */
export function tilesOf(mask: Mask): Tile[] {
  const tiles: Tile[] = [];
  for (let top = 0; top < mask.height; top += TILE_SIDE) {
    for (let left = 0; left < mask.width; left += TILE_SIDE) {
      const width = Math.min(TILE_SIDE, mask.width - left);
      const inner = { left, top, width, height: Math.min(TILE_SIDE, mask.height - top) };
      const window = around(left, top, WINDOW_REACH, mask);
      tiles.push({ window, inner, isMixed: isMixed(mask, around(left, top, USED_REACH, mask)) });
    }
  }
  return tiles;
}

/** Size of the windows of all tiles of a grid. */
export const windowSize = ({ width, height }: Size): Size => ({
  width: Math.min(width, TILE_SIDE + 2 * WINDOW_REACH),
  height: Math.min(height, TILE_SIDE + 2 * WINDOW_REACH),
});

/**
 * Calls `work` for each row of the tile with its offset in the window, its offset in the grid, and its number of
 * cells.
 */
export function forEachRow(
  { window, inner }: Tile,
  { width }: Size,
  work: (inWindow: number, inGrid: number, count: number) => void,
): void {
  for (let y = inner.top; y < inner.top + inner.height; y += 1) {
    const inWindow = (y - window.top) * window.width + inner.left - window.left;
    work(inWindow, y * width + inner.left, inner.width);
  }
}

/** A full tile and `reach` cells to each side, shifted into the grid. */
function around(left: number, top: number, reach: number, grid: Size): Rect {
  const width = Math.min(grid.width, TILE_SIDE + 2 * reach);
  const height = Math.min(grid.height, TILE_SIDE + 2 * reach);
  return {
    left: Math.max(0, Math.min(left - reach, grid.width - width)),
    top: Math.max(0, Math.min(top - reach, grid.height - height)),
    width,
    height,
  };
}

function isMixed({ data, width: stride }: Mask, { left, top, width, height }: Rect): boolean {
  const first = data[top * stride + left] as number;
  if (first !== 0 && first !== 255) return true;
  for (let y = top; y < top + height; y += 1) {
    for (let at = y * stride + left, end = at + width; at < end; at += 1) if (data[at] !== first) return true;
  }
  return false;
}
