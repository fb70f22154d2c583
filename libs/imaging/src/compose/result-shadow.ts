import { wipe } from '#crypto/wipe.js';
import { clamped, type Rect, type Size } from '../raster/pixel-rect.js';
import { alphaPlane } from '../raster/raster-planes.js';
import type { AnyRaster } from '../raster/raster-shape.js';
import { sharp } from '../raster/sharp.js';

/** Opacity of a black shadow, one byte a pixel. */
export interface Shadow extends Size {
  data: Buffer;
}

/** Longest side of the grid a shadow is computed on: it is soft, so that a coarse grid loses nothing. */
const GRID_SIDE = 320;
const OPACITY = 0.4;
/** Softness (standard deviation) and offset downwards, in parts of the subject's longer side. */
const SOFTNESS = 0.02;
const DROP = 0.025;
const MIN_SIGMA = 0.6;
/** Opacity up to which nothing casts a shadow: the haze that networks leave would look like dirt. */
const HAZE = 51;

/**
 * The soft shadow that a cut-out drops just below itself, as large as the cut-out: its alpha on a small grid,
 * moved down, weakened, blurred and enlarged.
 * @param subject where the subject is on the cut-out; its size decides how soft the shadow is
 */
export async function shadowOf(image: AnyRaster, subject: Rect): Promise<Shadow> {
  const { width, height } = image;
  const ratio = Math.min(1, GRID_SIDE / Math.max(width, height));
  const grid = { width: Math.ceil(width * ratio), height: Math.ceil(height * ratio) };
  const reach = ratio * Math.max(subject.width, subject.height);
  const raw = { ...grid, channels: 1 } as const;
  const alpha = alphaPlane(image);
  const cast = await resized(alpha, { width, height }, grid).finally(() => wipe(alpha));
  dropDown(cast, grid, clamped(Math.round(DROP * reach), 1, grid.height));
  const sigma = Math.max(MIN_SIGMA, SOFTNESS * reach);
  const blurred = sharp(cast, { raw }).blur(sigma).toColourspace('b-w').raw();
  const soft = await blurred.toBuffer().finally(() => wipe(cast));
  const data = await resized(soft, grid, { width, height }).finally(() => wipe(soft));
  return { data, width, height };
}

/** A plane of one byte a pixel in another size. */
const resized = (plane: Uint8Array, from: Size, to: Size): Promise<Buffer> =>
  sharp(plane, { raw: { ...from, channels: 1 }, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();

/** Moves all rows down, repeats the first one above them, and turns the opacity of a subject into its shadow's. */
function dropDown(data: Buffer, { width, height }: Size, rows: number): void {
  data.copyWithin(rows * width, 0, (height - rows) * width);
  for (let y = 1; y < rows; y += 1) data.copyWithin(y * width, 0, width);
  for (let i = 0; i < data.length; i += 1) {
    const solid = Math.max(0, (data[i] as number) - HAZE) / (255 - HAZE);
    data[i] = Math.round(255 * OPACITY * solid);
  }
}
