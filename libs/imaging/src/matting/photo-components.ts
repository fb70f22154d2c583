import type { Mask, Raster } from '../raster/raster.js';

/**
 * Difference of a channel to the next pixel, of 255, up to which an area counts as flat: gradients do, grain does
 * not.
 */
const FLAT_TO = 1;
/** Share of flat pixels from which a picture counts as drawn: photos of plain walls stay below. */
const DRAWN_FROM = 0.8;

/** Byte offsets to the next pixel and to the one below, and the largest difference that counts as flat. */
export interface FlatSteps {
  across: number;
  down: number;
  flatTo: number;
}

/**
 * True when the pixels to the right and below have nearly the same color.
 * @param at index of the pixel's first channel, not in the last row or column
 */
export function isFlat(pixels: Uint8Array, at: number, by: FlatSteps): boolean {
  for (let i = at; i < at + 3; i += 1) {
    const value = pixels[i] as number;
    if (Math.abs(value - (pixels[i + by.across] as number)) > by.flatTo) return false;
    if (Math.abs(value - (pixels[i + by.down] as number)) > by.flatTo) return false;
  }
  return true;
}

/** True when most opaque pixels are flat, as in logos and screenshots. */
export function isDrawn({ data, width, height }: Raster): boolean {
  const by = { across: 4, down: 4 * width, flatTo: FLAT_TO };
  let [opaque, flat] = [0, 0];
  for (let y = 0; y < height - 1; y += 1) {
    for (let x = 0, at = 4 * y * width; x < width - 1; x += 1, at += 4) {
      if (data[at + 3] !== 255) continue;
      opaque += 1;
      if (isFlat(data, at, by)) flat += 1;
    }
  }
  return opaque > 0 && flat >= DRAWN_FROM * opaque;
}

/** Alpha of an inner cell and of the cells around it: pixels resampled with transparent ones are excluded. */
const SOLID_FROM = 128;
/** Cells to each side that must be solid as well. */
const INNER = 2;
/** Opacity from which a cell is inside the mask. */
const IN_MASK_FROM = 128;
/** Difference of a channel to the next cell, of 255, up to which a cell counts as flat. */
const CELL_FLAT_TO = 2;
/** Share of flat cells from which a component counts as drawn: 0.7 and more in logos, 0.6 and less in photos. */
const CELLS_DRAWN_FROM = 0.65;
/** Cells inside the mask below which a component, such as a letter, is too small to have a background of its own. */
const MIN_CELLS = 400;

/** Alpha, color and mask of each cell of the mask's grid. */
export interface ComponentCells {
  /** The image's alpha. */
  own: Uint8Array;
  /** Three bytes a cell, R G B. */
  guide: Uint8Array;
  mask: Mask;
}

/**
 * Components whose masked area looks like a photo: large enough to be judged, and full of small differences. The
 * others are drawn: logos, letters, icons.
 * @param labels component of each cell, -1 for none
 */
export function photoComponents(labels: Int32Array, cells: ComponentCells): Set<number> {
  const counts = new Map<number, { inMask: number; flat: number }>();
  const { data, width, height } = cells.mask;
  const by = { across: 3, down: 3 * width, flatTo: CELL_FLAT_TO };
  for (let y = INNER; y < height - INNER; y += 1) {
    for (let cell = y * width + INNER, end = (y + 1) * width - INNER; cell < end; cell += 1) {
      const label = labels[cell] as number;
      if (label === -1 || (data[cell] as number) < IN_MASK_FROM || !isInner(cells.own, cell, width)) continue;
      const count = counts.get(label) ?? { inMask: 0, flat: 0 };
      count.inMask += 1;
      if (isFlat(cells.guide, 3 * cell, by)) count.flat += 1;
      counts.set(label, count);
    }
  }
  const isPhoto = ([, { inMask, flat }]: [number, { inMask: number; flat: number }]): boolean =>
    inMask >= MIN_CELLS && flat < CELLS_DRAWN_FROM * inMask;
  return new Set([...counts].filter(isPhoto).map(([label]) => label));
}

const isInner = (own: Uint8Array, cell: number, width: number): boolean =>
  (own[cell] as number) >= SOLID_FROM &&
  (own[cell - INNER] as number) >= SOLID_FROM &&
  (own[cell + INNER] as number) >= SOLID_FROM &&
  (own[cell - INNER * width] as number) >= SOLID_FROM &&
  (own[cell + INNER * width] as number) >= SOLID_FROM;
