import type { Sharp } from 'sharp';
import type { JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import type { Raster } from './matte.js';
import { sharp } from './sharp.gate.js';

/** The longest side that WebP's 14-bit size fields hold (RFC 9649). */
const WEBP_MAX_SIDE_PIXELS = 16_383;

/**
 * Losslessly encodes a cut-out, or its alpha alone as a grey image; no metadata of the source is written. PNG is
 * compressed fast (level 2 with adaptive filters costs a third of the time of level 6 for 5 % more bytes) and
 * never quantised to a palette, which sharp's `quality` and `palette` would do.
 * @throws Problem `image-too-many-pixels` when WebP cannot hold the size; `processing-failed`
 */
export async function encodeCutout(image: Raster, options: JobOptions): Promise<Buffer> {
  if (options.format === 'webp' && Math.max(image.width, image.height) > WEBP_MAX_SIDE_PIXELS) {
    throw new Problem('image-too-many-pixels', { detail: 'WebP holds at most 16383 pixels a side' });
  }
  const alpha = options.channels === 'alpha' ? alphaPlane(image) : undefined;
  const size = { width: image.width, height: image.height };
  const source =
    alpha === undefined
      ? sharp(image.data, { raw: { ...size, channels: 4 }, limitInputPixels: false })
      : sharp(alpha, { raw: { ...size, channels: 1 }, limitInputPixels: false }).toColourspace('b-w');
  try {
    return await encoded(source, options.format).toBuffer();
  } catch {
    throw new Problem('processing-failed');
  } finally {
    wipe(alpha);
  }
}

const encoded = (source: Sharp, format: JobOptions['format']): Sharp =>
  format === 'webp'
    ? source.webp({ lossless: true, effort: 0 })
    : source.png({ compressionLevel: 2, adaptiveFiltering: true, palette: false });

function alphaPlane({ data, width, height }: Raster): Uint8Array {
  const plane = new Uint8Array(width * height);
  for (let i = 0; i < plane.length; i += 1) plane[i] = data[4 * i + 3] as number;
  return plane;
}
