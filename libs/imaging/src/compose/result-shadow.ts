import { wipe } from '#crypto/wipe.js';
import { clamp, type Rect, type Size } from '../raster/pixel-rect.js';
import { alphaPlane, type AnyRaster } from '../raster/raster.js';
import { sharp } from '../raster/sharp.js';

/** Opacity of a black shadow, one byte a pixel. */
export interface Shadow extends Size {
  data: Buffer;
}

/** Longest side of the grid on which the shadow is computed; a blurred shadow needs no finer one. */
const GRID_SIDE = 320;
const OPACITY = 0.4;
/** Standard deviation of the blur and offset downwards, as shares of the subject's longer side. */
const SOFTNESS = 0.02;
const DROP = 0.025;
const MIN_SIGMA = 0.6;
/** Opacity up to which a pixel casts no shadow: faint residue of the model's mask would look like dirt. */
const MIN_OPACITY = 51;

/**
 * The soft shadow just below a cut-out, in its size: alpha on a small grid, moved down, weakened, blurred and
 * enlarged.
 * @param subject box of the subject; its size determines the softness
 */
export async function shadowOf(image: AnyRaster, subject: Rect): Promise<Shadow> {
  const { width, height } = image;
  const ratio = Math.min(1, GRID_SIDE / Math.max(width, height));
  const grid = { width: Math.ceil(width * ratio), height: Math.ceil(height * ratio) };
  const reach = ratio * Math.max(subject.width, subject.height);
  const raw = { ...grid, channels: 1 } as const;
  const alpha = alphaPlane(image);
  const cast = await resized(alpha, { width, height }, grid).finally(() => wipe(alpha));
  dropDown(cast, grid, clamp(Math.round(DROP * reach), 1, grid.height));
  const sigma = Math.max(MIN_SIGMA, SOFTNESS * reach);
  const blurred = sharp(cast, { raw }).blur(sigma).toColourspace('b-w').raw();
  const soft = await blurred.toBuffer().finally(() => wipe(cast));
  const data = await resized(soft, grid, { width, height }).finally(() => wipe(soft));
  return { data, width, height };
}

/** A plane of one byte a pixel, resized. */
const resized = (plane: Uint8Array, from: Size, to: Size): Promise<Buffer> =>
  sharp(plane, { raw: { ...from, channels: 1 }, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();

/** Moves all rows down, repeats the first one above them, and turns opacity into shadow opacity. */
function dropDown(data: Buffer, { width, height }: Size, rows: number): void {
  data.copyWithin(rows * width, 0, (height - rows) * width);
  for (let y = 1; y < rows; y += 1) data.copyWithin(y * width, 0, width);
  for (let i = 0; i < data.length; i += 1) {
    const solid = Math.max(0, (data[i] as number) - MIN_OPACITY) / (255 - MIN_OPACITY);
    data[i] = Math.round(255 * OPACITY * solid);
  }
}
