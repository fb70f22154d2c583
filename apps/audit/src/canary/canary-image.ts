import { randomBytes } from 'node:crypto';
import { sharp } from '#imaging/raster/sharp.js';

/** An encoded canary and the texts inside it. */
export interface CanaryImage {
  bytes: Buffer;
  mime: 'image/jpeg' | 'image/png';
  /** Random text in its EXIF. */
  exifText: string;
}

/** Format and size of a canary. */
export interface CanaryShape {
  format: 'jpeg' | 'png';
  width: number;
  height: number;
}

/** Random letters and digits, about five bits each. */
export const randomText = (length: number): string =>
  Array.from(randomBytes(length), (byte) => 'abcdefghijklmnopqrstuvwxyz012345'[byte & 31]).join('');

/**
 * Draws a picture that shares no window with any other picture: a disc of random noise on a pale ground. The model
 * takes the disc for the subject.
 */
export async function drawCanary({ format, width, height }: CanaryShape): Promise<CanaryImage> {
  const exifText = `canary ${randomText(48)}`;
  const picture = sharp(noiseDisc(width, height), { raw: { width, height, channels: 3 } }).withExif({
    IFD0: { ImageDescription: exifText },
  });
  const encoded = format === 'jpeg' ? picture.jpeg({ quality: 88 }) : picture.png({ compressionLevel: 1 });
  return {
    bytes: await encoded.toBuffer(),
    mime: format === 'jpeg' ? 'image/jpeg' : 'image/png',
    exifText,
  };
}

function noiseDisc(width: number, height: number): Buffer {
  const pixels = randomBytes(width * height * 3);
  const radius = 0.42 * Math.min(width, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      const far = Math.hypot(x - width / 2, y - height / 2) > radius;
      for (let channel = 0; channel < 3; channel += 1) {
        const noise = pixels[at + channel] as number;
        // Grain makes every window unique. The disc is darker and warmer than the ground.
        pixels[at + channel] = far
          ? 225 + (noise >> 3) - channel
          : (noise >> (channel === 0 ? 0 : 1)) + 10 * channel;
      }
    }
  }
  return pixels;
}
