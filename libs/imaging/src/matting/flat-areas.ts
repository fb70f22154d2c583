import type { Raster } from '../raster/raster-shape.js';

/** Difference of a channel to the next pixel, of 255, up to which an area counts as flat: gradients are, grain is not. */
const FLAT_TO = 1;
/** Share of flat pixels from which a picture is drawn: photos of plain walls stay below. */
const DRAWN_FROM = 0.8;

/** How `isFlat` compares. */
export interface FlatSteps {
  across: number;
  down: number;
  flatTo: number;
}

/**
 * True when the pixels to the right and below have nearly the same color.
 * @param at index of the pixel's first channel, not in the last row or column
 * @param by bytes from a pixel to the next and to the one below, and the difference that is allowed
 */
export function isFlat(pixels: Uint8Array, at: number, by: FlatSteps): boolean {
  for (let i = at; i < at + 3; i += 1) {
    const value = pixels[i] as number;
    if (Math.abs(value - (pixels[i + by.across] as number)) > by.flatTo) return false;
    if (Math.abs(value - (pixels[i + by.down] as number)) > by.flatTo) return false;
  }
  return true;
}

/** Whether most of what is opaque is flat, as in logos and screenshots. */
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
