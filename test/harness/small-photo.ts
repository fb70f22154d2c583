import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { photo } from './photos.js';

/** A portrait of about 300 pixels, for tests in which the picture is not the matter. */
export const smallPhoto = (): Buffer => readFileSync('test/harness/small-photo.jpg');

/** A photo whose cut-out is far larger than the buffers between two processes: noise cannot be compressed. */
export const heavyPhoto = async (): Promise<Buffer> => {
  const side = 2000;
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const grain = await sharp({ create: { width: side, height: side, channels: 3, background: '#888', noise } })
    .jpeg()
    .toBuffer();
  return sharp(photo('astronaut'))
    .resize(side, side)
    .composite([{ input: grain, blend: 'overlay' }])
    .jpeg({ quality: 80 })
    .toBuffer();
};
