import type { JobOptions } from '#contracts/job-options.js';
import type { Density } from '../formats/density.js';
import { MattePass, type Mask, type MatteExtras, type Raster } from '../matting/matte.js';
import type { Rect } from '../raster/pixel-rect.js';
import { PngWriter } from './png-writer.js';
import { needsLayout } from '../compose/result-geometry.js';
import type { StageTimer } from '../stages/stage-timer.js';

/** Rows that are matted before they are handed to the encoder: enough for a stripe of any photograph. */
const ROWS_AT_A_TIME = 64;

/** True when the result is the matted image itself as PNG, so that it need not be complete to be encoded. */
export const isDirect = (options: JobOptions, background: Buffer | undefined): boolean =>
  options.format === 'png' &&
  options.channels === 'rgba' &&
  options.bg_color === undefined &&
  background === undefined &&
  !options.add_shadow &&
  !needsLayout(options);

/**
 * Applies a mask in place and encodes the image at the same time: while the thread pool compresses the rows that
 * are done, this thread works on the next.
 * @returns the file, which is the caller's to wipe, and where the subject is; undefined when nothing is visible
 */
export async function matteToPng(
  image: Raster,
  mask: Mask,
  extras: MatteExtras,
  { clock, density }: { clock: StageTimer; density: Density | undefined },
): Promise<{ data: Buffer; foreground: Rect | undefined }> {
  const { data, width, height } = image;
  const pass = new MattePass(image, mask, extras);
  const writer = new PngWriter({ width, height, channels: 4, density });
  try {
    for (let from = 0; from < height; from += ROWS_AT_A_TIME) {
      const to = Math.min(from + ROWS_AT_A_TIME, height);
      clock.within('encode', 'compose', () => pass.rows(from, to));
      await writer.write(data.subarray(4 * width * from, 4 * width * to), (y) => pass.filled(y));
    }
    return { data: await writer.finish(), foreground: pass.foreground };
  } finally {
    pass.wipe();
    await writer.discard();
  }
}
