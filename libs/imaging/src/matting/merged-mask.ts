import type { MattePatch, PatchVote } from './matte-patch.js';
import { Median } from './median.js';
import type { Rect } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/**
 * A mask with patches blended into it, on its own grid: what the looks say together. Each cell takes the patches' values
 * at its center.
 * @param region part of the image that the mask covers, in pixels
 * @returns a new mask, which the caller wipes
 */
export function mergedMask(mask: Mask, region: Rect, votes: readonly PatchVote[]): Mask {
  const { width, height } = mask;
  const data = Uint8Array.from(mask.data);
  for (const { patches, votesBelow } of votes) {
    const median = new Median(patches.length, votesBelow);
    for (let y = 0, at = 0; y < height; y += 1) {
      const down = region.top + ((y + 0.5) * region.height) / height;
      for (let x = 0; x < width; x += 1, at += 1) {
        const across = region.left + ((x + 0.5) * region.width) / width;
        const below = data[at] as number;
        const values = patches.map((patch) => blended(below, patch, across, down));
        median.start(below);
        for (const value of values) median.add(value);
        data[at] = values[median.chosen()] ?? below;
      }
    }
  }
  return { data, width, height };
}

/** The opacity of a point of the image with a patch blended into it. */
function blended(opacity: number, { rect, mask, weights }: MattePatch, across: number, down: number): number {
  const x = Math.floor(((across - rect.left) * mask.width) / rect.width);
  const y = Math.floor(((down - rect.top) * mask.height) / rect.height);
  if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) return opacity;
  const cell = y * mask.width + x;
  return Math.round(opacity + (weights[cell] as number) * ((mask.data[cell] as number) - opacity));
}
