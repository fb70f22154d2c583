import { isFlat } from './flat-areas.js';
import type { Mask } from '../raster/raster-shape.js';

/** Alpha of cells that are looked at, and of those around them: what is resampled from clear pixels is neither. */
const SOLID_FROM = 128;
/** Cells to each side that must be solid as well. */
const INNER = 2;
/** Opacity from which the network takes a cell. */
const TAKEN_FROM = 128;
/** Difference of a channel to the next cell, of 255, up to which a cell counts as flat. */
const FLAT_TO = 2;
/** Share of flat cells from which what was taken is drawn: 0.7 and more of logos, 0.6 and less of photos. */
const DRAWN_FROM = 0.65;
/** Taken cells below which a part, such as a letter, is too small or too thin to have a background of its own. */
const MIN_CELLS = 400;

/** What is known of each cell of the mask's grid. */
export interface SeenCells {
  /** The image's alpha. */
  own: Uint8Array;
  /** Three bytes a cell, R G B. */
  guide: Uint8Array;
  mask: Mask;
}

/**
 * The parts of which the network takes something that looks like a photo: large enough to be judged, and full of
 * small differences. The rest is drawn: logos, letters, icons.
 * @param labels the part of each cell, -1 for none
 */
export function photoParts(labels: Int32Array, cells: SeenCells): Set<number> {
  const counts = new Map<number, { taken: number; flat: number }>();
  const { data, width, height } = cells.mask;
  const by = { across: 3, down: 3 * width, flatTo: FLAT_TO };
  for (let y = INNER; y < height - INNER; y += 1) {
    for (let cell = y * width + INNER, end = (y + 1) * width - INNER; cell < end; cell += 1) {
      const label = labels[cell] as number;
      if (label === -1 || (data[cell] as number) < TAKEN_FROM || !isInner(cells.own, cell, width)) continue;
      const count = counts.get(label) ?? { taken: 0, flat: 0 };
      count.taken += 1;
      if (isFlat(cells.guide, 3 * cell, by)) count.flat += 1;
      counts.set(label, count);
    }
  }
  const isPhoto = ([, { taken, flat }]: [number, { taken: number; flat: number }]): boolean =>
    taken >= MIN_CELLS && flat < DRAWN_FROM * taken;
  return new Set([...counts].filter(isPhoto).map(([label]) => label));
}

const isInner = (own: Uint8Array, cell: number, width: number): boolean =>
  (own[cell] as number) >= SOLID_FROM &&
  (own[cell - INNER] as number) >= SOLID_FROM &&
  (own[cell + INNER] as number) >= SOLID_FROM &&
  (own[cell - INNER * width] as number) >= SOLID_FROM &&
  (own[cell + INNER * width] as number) >= SOLID_FROM;
