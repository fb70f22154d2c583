import { wipe } from '#vault/wipe.js';
import { estimateColours } from './foreground.colour.js';
import { GridScratch } from './grid.scratch.js';
import { guidedCoefficients } from './guided.refinement.js';
import type { Size } from './pixel.rect.js';
import type { Mask } from './raster.shape.js';

/** What is done for clean edges beside enlarging the mask. */
export interface EdgeOptions {
  /** `edges`: alpha from the full-size image's colours, where they tell the subject from the background. */
  refine: 'none' | 'edges';
  /** Takes the background's colour out of pixels that are partly transparent. */
  foreground: boolean;
}

/** What the full-size pass needs for clean edges, on the mask's grid. Holds pixels: wiped by its owner. */
export class EdgePlanes {
  constructor(
    readonly size: Size,
    /** Coefficients of `guidedCoefficients`; undefined when not asked for. */
    readonly refinement: Float32Array | undefined,
    /** Colours of `estimateColours`; undefined when not asked for. */
    readonly colours: Float32Array | undefined,
  ) {}

  /** Overwrites everything with zeros. */
  wipe(): void {
    wipe(this.refinement, this.colours);
  }
}

/**
 * Prepares clean edges; all that is costly happens on the mask's grid.
 * @param guide what the mask was made from, on its grid (`toGrid`): cells × 3 bytes, R G B
 * @returns planes for `applyMatte`, the caller's to wipe
 * @throws RangeError when the guide is not of the mask's size
 */
export function prepareEdges(guide: Uint8Array, mask: Mask, options: EdgeOptions): EdgePlanes {
  const { width, height } = mask;
  if (guide.length !== 3 * width * height) throw new RangeError('a guide of another size than its mask');
  const scratch = new GridScratch(mask);
  try {
    const alpha = scratch.lend();
    for (let i = 0; i < alpha.length; i += 1) alpha[i] = (mask.data[i] as number) / 255;
    const refinement = options.refine === 'edges' ? guidedCoefficients(guide, alpha, scratch) : undefined;
    const colours = options.foreground ? estimateColours(guide, alpha, scratch) : undefined;
    scratch.keep(refinement, colours);
    return new EdgePlanes({ width, height }, refinement, colours);
  } finally {
    scratch.wipe();
  }
}
