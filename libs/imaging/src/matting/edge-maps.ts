import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { CoarseBlurFusion, COLOR_CHANNELS, copyColors, estimateForeground } from './blur-fusion.js';
import { PlanePool } from '../raster/box-filter.js';
import { tilesOf, windowSize, type TileWindow } from './grid-tiles.js';
import { guidedCoefficients, REFINEMENT_CHANNELS } from './guided-filter.js';
import type { Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** Which edge maps to prepare. */
export interface EdgeOptions {
  /** `edges`: refines alpha with the colors of the full-size image, where these separate subject and background. */
  refine: JobOptions['refine'];
  /** Estimates foreground colors for partly transparent pixels. */
  foreground: boolean;
}

/** Edge maps: what the full-size pass needs at edges, on the mask's grid. Contains pixels; the owner wipes it. */
export class EdgeMaps {
  constructor(
    readonly size: Size,
    /** Coefficients of `guidedCoefficients`; undefined when not requested. */
    readonly refinement: Float32Array | undefined,
    /** Colors of `estimateForeground`; undefined when not requested. */
    readonly colors: Float32Array | undefined,
  ) {}

  /** Disables refinement in cells that are not 0 in `cells`. */
  clearRefinement(cells: Uint8Array): void {
    cells.forEach((value, i) => {
      if (value !== 0) this.refinement?.fill(0, i * REFINEMENT_CHANNELS, (i + 1) * REFINEMENT_CHANNELS);
    });
  }

  /** Overwrites everything with zeros. */
  wipe(): void {
    wipe(this.refinement, this.colors);
  }
}

/**
 * Prepares edge maps. All expensive work is done on the mask's grid, and only in tiles where the mask is neither all
 * 0 nor all 255. In other tiles nothing is refined, and colors are copied from the guide.
 * @param guide the model's input on the mask's grid (`toGrid`): cells × 3 bytes, R G B
 * @returns edge maps for `applyMatte`; the caller wipes them
 * @throws RangeError when guide and mask differ in size
 */
export function prepareEdges(guide: Uint8Array, mask: Mask, options: EdgeOptions): EdgeMaps {
  const { width, height } = mask;
  const cells = width * height;
  if (guide.length !== 3 * cells) throw new RangeError('guide and mask differ in size');
  const planes = new EdgeMaps(
    { width, height },
    options.refine === 'edges' ? new Float32Array(cells * REFINEMENT_CHANNELS) : undefined,
    options.foreground ? new Float32Array(cells * COLOR_CHANNELS) : undefined,
  );
  try {
    fillPlanes(planes, guide, mask);
    return planes;
  } catch (error) {
    planes.wipe();
    throw error;
  }
}

function fillPlanes({ refinement, colors, size }: EdgeMaps, guide: Uint8Array, mask: Mask): void {
  const tiles = tilesOf(mask);
  const mixed = tiles.filter(({ isMixed }) => isMixed);
  const coarse = colors && mixed.length > 0 ? new CoarseBlurFusion(guide, mask) : undefined;
  const { width, height } = windowSize(size);
  const pool = new PlanePool({ width, height });
  const pixels = new Uint8Array(4 * width * (height + 1));
  try {
    const alpha = pool.borrow();
    for (const tile of mixed) {
      const window = { pixels, alpha, tile, grid: size };
      readWindow(window, guide, mask);
      if (refinement) guidedCoefficients(refinement, window, pool);
      if (colors && coarse) estimateForeground(colors, window, coarse, pool);
    }
    if (colors) for (const tile of tiles) if (!tile.isMixed) copyColors(colors, guide, tile, size);
  } finally {
    coarse?.wipe();
    pool.wipe();
    wipe(pixels);
  }
}

/** Copies the cells of the tile's window. */
function readWindow({ pixels, alpha, tile }: TileWindow, guide: Uint8Array, mask: Mask): void {
  const { left, top, width, height } = tile.window;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0, cell = (top + y) * mask.width + left; x < width; x += 1, cell += 1, i += 1) {
      const opacity = mask.data[cell] as number;
      pixels[4 * i] = guide[3 * cell] as number;
      pixels[4 * i + 1] = guide[3 * cell + 1] as number;
      pixels[4 * i + 2] = guide[3 * cell + 2] as number;
      pixels[4 * i + 3] = opacity;
      alpha[i] = opacity / 255;
    }
  }
}
