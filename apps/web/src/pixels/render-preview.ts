import { surfaceOf, surfaceWith } from './canvas-surface.js';
import { backdropOf, compose, frameAround } from './compose.js';
import type { Edit, SavedFormat } from './edit.js';
import { fitted, type Rect, type Size } from './frame-geometry.js';
import { LayeredPicture } from './layered-picture.js';
import type { Pair, PixelWork } from './pixel-messages.js';

/** Longer side of the small copies that cards show. */
const SMALL_SIDE = 1024;
const SMALL: ImageEncodeOptions = { type: 'image/webp', quality: 0.85 };

/** Quality of lossy formats, 0 to 1. */
const QUALITY = 0.92;
const TYPES: Readonly<Record<SavedFormat, string>> = {
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
};

/** Size and small copy of a photo. */
export async function measure(photo: Blob): Promise<PixelWork['measure']['back']> {
  const bitmap = await createImageBitmap(photo);
  const { width, height } = bitmap;
  const small = await surfaceWith(bitmap, fitted(bitmap, SMALL_SIDE)).canvas.convertToBlob(SMALL);
  bitmap.close();
  return { width, height, small };
}

interface Composed {
  canvas: OffscreenCanvas;
  /** The part of the picture that is rendered, in its pixels. */
  kept: Rect;
  picture: LayeredPicture;
  size: Size & { scale: number };
}

/** Composes an edited cutout whose longer side is at most `side` pixels. */
async function composed({ photo, cutout }: Pair, { strokes, look }: Edit, side: number): Promise<Composed> {
  const picture = await LayeredPicture.open(photo, cutout, side);
  picture.apply(strokes);
  const kept = look.crop ? picture.subject() : { left: 0, top: 0, ...picture.size };
  const size = fitted(kept, side);
  const onto = surfaceOf(size);
  const shown = { left: 0, top: 0, ...size };
  const frame = frameAround(kept, picture.size, size.scale);
  const backdrop = await backdropOf(look);
  compose(onto, { cutout: picture.at(size.scale).canvas, backdrop, shadow: look.shadow, frame, shown });
  return { canvas: onto.canvas, kept, picture, size };
}

/** Small copies of a photo and its edited cutout. */
export async function renderPreview(pair: Pair, edit: Edit): Promise<PixelWork['renderPreview']['back']> {
  const { canvas, kept, picture, size } = await composed(pair, edit, SMALL_SIDE);
  const before = surfaceOf(size);
  const { left, top, width, height } = frameAround(kept, picture.size, size.scale);
  before.drawImage(picture.photo, left, top, width, height);
  picture.photo.close();
  const blobs = [before.canvas, canvas].map((one) => one.convertToBlob(SMALL));
  const [first, after] = await Promise.all(blobs);
  if (first === undefined || after === undefined) throw new TypeError('no copies');
  return { before: first, after, width: kept.width, height: kept.height };
}

const formatOf = (blob: Blob): SavedFormat =>
  (Object.keys(TYPES) as SavedFormat[]).find((format) => TYPES[format] === blob.type) ?? 'png';

/** The edited cutout at full size. A browser that cannot encode the format encodes PNG. */
export async function render(pair: Pair, edit: Edit): Promise<PixelWork['render']['back']> {
  const { canvas, kept, picture } = await composed(pair, edit, Infinity);
  picture.photo.close();
  const image = await canvas.convertToBlob({ type: TYPES[edit.look.format], quality: QUALITY });
  return { image, format: formatOf(image), width: kept.width, height: kept.height };
}
