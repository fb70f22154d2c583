import { Problem } from '#contracts/problem-catalog.js';
import type { ModelFrame } from './decode.js';
import type { Rect } from '../raster/pixel-rect.js';
import type { Raster, RgbRaster } from '../raster/raster.js';
import { sharp } from '../raster/sharp.js';

/**
 * The model's input for a part of an image that is already decoded; transparent areas become white, as in
 * `decodeForModel`.
 * @returns colors in the size of the frame; the caller wipes them
 */
export async function cropPicture(image: Raster, part: Rect, frame: ModelFrame): Promise<RgbRaster> {
  const { data, width, height } = image;
  try {
    const pixels = await sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
      .extract(part)
      .flatten({ background: '#fff' })
      .resize(frame.width, frame.height, { fit: 'fill', kernel: frame.kernel })
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer();
    return { data: pixels, width: frame.width, height: frame.height };
  } catch {
    throw new Problem('processing-failed');
  }
}
