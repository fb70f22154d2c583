import sharp from 'sharp';
import { photo } from './photos.js';

const SIDE_PIXELS = 2656;

/**
 * A form of about 22 MB whose cut-out has as many: a photo before a background of noise, which no encoder can make
 * smaller.
 */
export async function heavyForm(): Promise<{ body: Buffer; type: string }> {
  const size = { width: SIDE_PIXELS, height: SIDE_PIXELS };
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const background = await sharp({ create: { ...size, channels: 3, background: '#888', noise } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const subject = await sharp(photo('coffee'))
    .resize(SIDE_PIXELS, SIDE_PIXELS, { fit: 'fill' })
    .jpeg()
    .toBuffer();
  const form = new FormData();
  form.append('image', new Blob([Uint8Array.from(subject)]), 'subject.jpg');
  // Small before its background, which then is most of the result.
  form.append('scale', '20%');
  form.append('bg_image_file', new Blob([Uint8Array.from(background)]), 'background.png');
  const request = new Request('http://localhost/', { method: 'POST', body: form });
  const type = request.headers.get('content-type') ?? '';
  return { body: Buffer.from(await request.arrayBuffer()), type };
}
