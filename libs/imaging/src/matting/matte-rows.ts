import type { EdgeMaps } from './edge-maps.js';
import { ForegroundRows, RefinedRows } from './edge-rows.js';
import { MaskRows, MIXED, OUTSIDE } from './mask-rows.js';
import type { Run, Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** A mask, and the pixels that it is spread over. */
export interface MaskOver {
  mask: Mask;
  /** Edge maps of the mask; without them it is only enlarged. */
  edges: EdgeMaps | undefined;
  to: Size;
  /** True when all pixels are known to be opaque. */
  isOpaque: boolean;
}

/** Applies one mask to rows of pixels. */
export class MatteRows {
  private readonly width: number;
  private readonly mask: MaskRows;
  private readonly refined: RefinedRows | undefined;
  private readonly foregroundRows: ForegroundRows | undefined;
  private readonly isOpaque: boolean;

  constructor({ mask, edges, to, isOpaque }: MaskOver) {
    this.width = to.width;
    this.mask = new MaskRows(mask, to);
    this.refined = edges?.refinement && new RefinedRows(edges.refinement, edges.size, to);
    this.foregroundRows = edges?.colors && new ForegroundRows(edges.colors, edges.size, to);
    this.isOpaque = isOpaque;
  }

  /**
   * Processes row `y` in place.
   * @param pixels R G B A, with the colors and alpha of the source
   * @returns run of pixels outside of which all values are 0
   */
  apply(pixels: Uint8Array, y: number): Run {
    let [first, end] = [this.width, this.width];
    this.mask.runs(y, this.refined?.openColumns(y), (kind, from, to) => {
      if (kind === OUTSIDE) {
        pixels.fill(0, 4 * from, 4 * to);
        return;
      }
      if (kind === MIXED) this.merge(pixels, y, { from, to });
      else if (!this.isOpaque) clearHidden(pixels, from, to);
      first = Math.min(first, from);
      end = to;
    });
    return { from: first, to: end };
  }

  /** Overwrites its rows; the mask and its edge maps are wiped by their owners. */
  wipe(): void {
    this.mask.wipe();
    this.refined?.wipe();
    this.foregroundRows?.wipe();
  }

  /** Processes a mixed run. Opacity is refined first: it reads the original colors. */
  private merge(pixels: Uint8Array, y: number, run: Run): void {
    const { matte } = this.mask;
    this.refined?.refine(matte, pixels, y, run);
    this.foregroundRows?.decontaminate(matte, pixels, y, run);
    mergeRun(pixels, matte, run);
  }
}

/** Alpha becomes `alpha * matte / 255`, rounded; pixels whose alpha becomes 0 are cleared. */
function mergeRun(pixels: Uint8Array, matte: Uint8Array, { from, to }: Run): void {
  for (let x = from, at = 4 * from; x < to; x += 1, at += 4) {
    const own = pixels[at + 3] as number;
    const alpha = Math.floor(((matte[x] as number) * own + 127) / 255);
    if (alpha === own && alpha !== 0) continue;
    pixels[at + 3] = alpha;
    if (alpha === 0) pixels[at] = pixels[at + 1] = pixels[at + 2] = 0;
  }
}

/** Clears pixels that were transparent before. */
function clearHidden(pixels: Uint8Array, from: number, to: number): void {
  for (let at = 4 * from; at < 4 * to; at += 4) {
    if (pixels[at + 3] === 0) pixels[at] = pixels[at + 1] = pixels[at + 2] = 0;
  }
}
