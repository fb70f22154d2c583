import { heicCanvas } from './heic-canvas.js';
import { decodeHeic, HEIC_HEAD_BYTES, isHeic, type LibHeif } from './heic-image.js';
import { requireOptional } from './host-runtime.js';
import { withProfile } from './jpeg-profile.js';
import { RemoveBgError } from './removebg-error.js';

/** JPEG quality, 0 to 1. Higher values make larger files without a visible difference. */
const QUALITY = 0.95;

/** The members of sharp that are used here. */
type Sharp = (
  pixels: Uint8Array,
  settings: { raw: { width: number; height: number; channels: 4 } },
) => {
  flatten: (settings: { background: string }) => {
    jpeg: (settings: { quality: number }) => { toBuffer: () => Promise<Uint8Array<ArrayBuffer>> };
  };
};

/**
 * Converts HEIC photos to JPEG, which the service accepts; returns other images unchanged. Needs a decoder: the browser's
 * own (Safari), or in Node the optional packages `libheif-js` and `sharp`. Without one, returns the photo unchanged and the
 * service rejects it.
 * @throws RemoveBgError `image-unreadable` if a HEIC photo is damaged
 */
export async function toAcceptedFormat(image: Blob): Promise<Blob> {
  const head = new Uint8Array(await image.slice(0, HEIC_HEAD_BYTES).arrayBuffer());
  if (!isHeic(head)) return image;
  const canvas = await heicCanvas(image);
  const jpeg = canvas?.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
  return (await (jpeg ?? jpegWithPackages(image))) ?? image;
}

/** Converts with the optional Node packages; undefined if they are not installed. @throws RemoveBgError `image-unreadable` */
async function jpegWithPackages(photo: Blob): Promise<Blob | undefined> {
  const libheif = requireOptional('libheif-js/wasm-bundle.js') as LibHeif | undefined;
  const sharp = requireOptional('sharp') as Sharp | undefined;
  if (libheif === undefined || sharp === undefined) return undefined;
  const bytes = new Uint8Array(await photo.arrayBuffer());
  try {
    const { data, width, height, profile } = await decodeHeic(libheif, bytes, Number.MAX_SAFE_INTEGER);
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const jpeg = await sharp(pixels, { raw: { width, height, channels: 4 } })
      .flatten({ background: '#fff' })
      .jpeg({ quality: 100 * QUALITY })
      .toBuffer();
    const tagged = profile === undefined ? jpeg : withProfile(jpeg, profile);
    return new Blob([tagged], { type: 'image/jpeg' });
  } catch (cause) {
    throw new RemoveBgError('image-unreadable', { title: 'The HEIC photo cannot be decoded' }, { cause });
  }
}
