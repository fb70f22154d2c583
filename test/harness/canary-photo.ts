import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

/** Texts that would show where a photo has been: its EXIF and its file name. */
export interface Canary {
  exif: string;
  fileName: string;
}

/** Unique texts. */
export const drawCanary = (): Canary => ({
  exif: `exif-${randomBytes(12).toString('hex')}`,
  fileName: `name-${randomBytes(12).toString('hex')}`,
});

/** The photo with the canary's text in its EXIF. */
export const withCanary = (image: Buffer, { exif }: Canary): Promise<Buffer> =>
  sharp(image)
    .withExif({ IFD0: { Copyright: exif, ImageDescription: exif } })
    .jpeg()
    .toBuffer();

/** A form with the photo under the canary's file name. */
export function formOf(image: Buffer, { fileName }: Canary): FormData {
  const form = new FormData();
  form.append('image', new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), `${fileName}.jpg`);
  return form;
}

/** Forms of the canary and of the first bytes of images in the clear. */
export const needlesOf = ({ exif, fileName }: Canary): (string | Buffer)[] => [
  exif,
  fileName,
  Buffer.from(exif).toString('base64').slice(0, -4),
  'JFIF',
  'Exif\0\0',
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  Buffer.from([0xff, 0xd8, 0xff, 0xe1]),
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]),
  'iVBORw0KGgo',
];
