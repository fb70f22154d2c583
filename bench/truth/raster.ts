/** Pixels of subjects and grounds. */
import sharp, { type Sharp } from 'sharp';

/** Red, green, blue and opacity of every pixel; colors are not multiplied by the opacity. */
export interface Rgba {
  data: Uint8Array;
  width: number;
  height: number;
}

export const opened = ({ data, width, height }: Rgba): Sharp =>
  sharp(data, { raw: { width, height, channels: 4 } });

/** A drawing. The service blocks the loader of SVG. */
export function svgPicture(svg: string): Sharp {
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  return sharp(Buffer.from(svg), { unlimited: true });
}

/** Decodes a picture with opacity. */
export async function rgbaOf(picture: Sharp): Promise<Rgba> {
  const { data, info } = await picture
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Smallest rectangle with everything that is not transparent. */
export function boxOf(
  alpha: (i: number) => number,
  width: number,
  height: number,
): { left: number; top: number; width: number; height: number } {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (alpha(y * width + x) < 13) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right > left
    ? { left, top, width: right - left, height: bottom - top }
    : { left: 0, top: 0, width: 0, height: 0 };
}

/** One channel of bytes, blurred. */
export const blurred = async (
  channel: Uint8Array,
  width: number,
  height: number,
  sigma: number,
): Promise<Uint8Array> =>
  sharp(channel, { raw: { width, height, channels: 1 } })
    .blur(Math.max(0.3, sigma))
    .toColourspace('b-w')
    .raw()
    .toBuffer();

export const clamped = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);
