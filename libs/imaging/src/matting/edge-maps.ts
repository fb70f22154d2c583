import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { COLOR_CHANNELS, copyColors, estimateColors } from './foreground-color.js';
import { CoarseBlurFusion } from './blur-fusion-coarse.js';
import { GridScratch } from './grid-scratch.js';
import { tilesOf, windowSize, type TileWindow } from './grid-tiles.js';
import { guidedCoefficients, REFINEMENT_CHANNELS } from './guided-refinement.js';
import type { Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster-shape.js';

/** What is done for clean edges beside enlarging the mask. */
export interface EdgeOptions {
  /** `edges`: alpha from the full-size image's colours, where they tell the subject from the background. */
  refine: JobOptions['refine'];
  /** Takes the background's colour out of pixels that are partly transparent. */
  foreground: boolean;
}

/** What the full-size pass needs for clean edges, on the mask's grid. Holds pixels: wiped by its owner. */
export class EdgeMaps {
  constructor(
    readonly size: Size,
    /** Coefficients of `guidedCoefficients`; undefined when not asked for. */
    readonly refinement: Float32Array | undefined,
    /** Colours of `estimateColors`; undefined when not asked for. */
    readonly colors: Float32Array | undefined,
  ) {}

  /** Takes refinement back in cells that are not 0 in `cells`. */
  leaveOut(cells: Uint8Array): void {
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
 * Prepares clean edges; all that is costly happens on the mask's grid, and only in the tiles of it where the mask
 * is neither all 0 nor all full: elsewhere nothing is refined, and colours are the guide's own.
 * @param guide what the mask was made from, on its grid (`toGrid`): cells × 3 bytes, R G B
 * @returns planes for `applyMatte`, the caller's to wipe
 * @throws RangeError when the guide is not of the mask's size
 */
export function prepareEdges(guide: Uint8Array, mask: Mask, options: EdgeOptions): EdgeMaps {
  const { width, height } = mask;
  const cells = width * height;
  if (guide.length !== 3 * cells) throw new RangeError('a guide of another size than its mask');
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
  const far = colors && mixed.length > 0 ? new CoarseBlurFusion(guide, mask) : undefined;
  const { width, height } = windowSize(size);
  const scratch = new GridScratch({ width, height });
  const pixels = new Uint8Array(4 * width * (height + 1));
  try {
    const alpha = scratch.lend();
    for (const tile of mixed) {
      const window = { pixels, alpha, tile, grid: size };
      readWindow(window, guide, mask);
      if (refinement) guidedCoefficients(refinement, window, scratch);
      if (colors && far) estimateColors(colors, window, far, scratch);
    }
    if (colors) for (const tile of tiles) if (!tile.isMixed) copyColors(colors, guide, tile, size);
  } finally {
    far?.wipe();
    scratch.wipe();
    wipe(pixels);
  }
}

/** Copies what the tile's window sees. */
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
