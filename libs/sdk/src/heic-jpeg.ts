import { heicCanvas } from './heic-canvas.js';
import { decodeHeic, HEIC_HEAD_BYTES, isHeic, type LibHeif } from './heic-image.js';
import { requireHere } from './host-runtime.js';
import { withProfile } from './jpeg-profile.js';
import { RemoveBgError } from './removebg-error.js';

/** Quality of the JPEG, 0 to 1: further bytes stop being seen. */
const QUALITY = 0.95;

/** The part of sharp that writing a JPEG takes. */
type Sharp = (
  pixels: Uint8Array,
  settings: { raw: { width: number; height: number; channels: 4 } },
) => {
  flatten: (settings: { background: string }) => {
    jpeg: (settings: { quality: number }) => { toBuffer: () => Promise<Uint8Array<ArrayBuffer>> };
  };
};

/**
 * An image as the service takes it: of a HEIC photo, as iPhones take them, a JPEG, where this platform can decode it. In
 * pages the browser has to (Safari does), in Node the packages `libheif-js` and `sharp` have to be installed beside this
 * one. Elsewhere the photo stays as it is, and the service says what to do.
 * @throws RemoveBgError `image-unreadable` when a HEIC photo is damaged
 */
export async function sendable(image: Blob): Promise<Blob> {
  const head = new Uint8Array(await image.slice(0, HEIC_HEAD_BYTES).arrayBuffer());
  if (!isHeic(head)) return image;
  const canvas = await heicCanvas(image);
  const jpeg = canvas?.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
  return (await (jpeg ?? jpegByPackages(image))) ?? image;
}

/** A JPEG by optional packages of Node; undefined where these are not installed. @throws RemoveBgError as `sendable` */
async function jpegByPackages(photo: Blob): Promise<Blob | undefined> {
  const libheif = requireHere('libheif-js/wasm-bundle.js') as LibHeif | undefined;
  const sharp = requireHere('sharp') as Sharp | undefined;
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
