import type { GridScratch } from './grid.scratch.js';

/** Floats a cell: R, G, B of the foreground, then of the background, 0 to 255. */
export const COLOUR_CHANNELS = 6;

/**
 * Radii, in cells, of the two passes: the first looks far for colours that are surely one or the other's, the
 * second near, so that they follow the subject's texture.
 */
const RADII = [45, 3] as const;
/** A window with less of a side than this has no colour of it to tell: the pass before is believed. */
const LEAST_SHARE = 1e-5;

/**
 * What the subject and what lies behind it would look like alone, where the two are mixed.
 *
 * Method: M. Forte, "Approximate Fast Foreground Colour Estimation" (blur fusion), IEEE ICIP 2021: means of the
 * colours, weighted with alpha for the foreground and with 1 − alpha for the background; the foreground is then
 * moved so that both mixed by alpha give the image; twice.
 * @param guide `cells` × 3 bytes, R G B
 * @param alpha `cells` opacities, 0 to 1
 * @returns `COLOUR_CHANNELS` floats a cell, made by `scratch`
 */
export function estimateColours(guide: Uint8Array, alpha: Float32Array, scratch: GridScratch): Float32Array {
  const cells = scratch.make(COLOUR_CHANNELS);
  const shares = RADII.map((radius) => scratch.mean(alpha, radius));
  for (let channel = 0; channel < 3; channel += 1) {
    const [image, foreground, background] = [scratch.lend(), scratch.lend(), scratch.lend()];
    for (let i = 0, at = channel; i < image.length; i += 1, at += 3) image[i] = guide[at] as number;
    foreground.set(image);
    background.set(image);
    RADII.forEach((radius, pass) => {
      const share = shares[pass] as Float32Array;
      fuse({ image, alpha, share, foreground, background }, radius, scratch);
    });
    for (let i = 0, at = channel; i < image.length; i += 1, at += COLOUR_CHANNELS) {
      cells[at] = foreground[i] as number;
      cells[at + 3] = background[i] as number;
    }
    scratch.takeBack(image, foreground, background);
  }
  scratch.takeBack(...shares);
  return cells;
}

/** One colour channel during the passes; `share` is the mean of alpha over each window. */
interface Fusion {
  image: Float32Array;
  alpha: Float32Array;
  share: Float32Array;
  foreground: Float32Array;
  background: Float32Array;
}

/** One pass: `foreground` and `background` become better estimates. */
function fuse(fusion: Fusion, radius: number, scratch: GridScratch): void {
  const { image, alpha, share, foreground, background } = fusion;
  const weighted = scratch.lend();
  for (let i = 0; i < weighted.length; i += 1) {
    weighted[i] = (1 - (alpha[i] as number)) * (background[i] as number);
  }
  const behind = scratch.mean(weighted, radius);
  const before = scratch.meanOfProduct(alpha, foreground, radius);
  for (let i = 0; i < weighted.length; i += 1) {
    const own = alpha[i] as number;
    const part = share[i] as number;
    if (1 - part > LEAST_SHARE) background[i] = (behind[i] as number) / (1 - part);
    if (part <= LEAST_SHARE) continue;
    const mean = (before[i] as number) / part;
    const left = (image[i] as number) - own * mean - (1 - own) * (background[i] as number);
    foreground[i] = Math.min(Math.max(mean + own * left, 0), 255);
  }
  scratch.takeBack(weighted, behind, before);
}
