import { backgroundError } from '#contracts/problem-catalog.js';
import type { JobOptions } from '#contracts/job-options.js';
import { parseColor } from '#contracts/option-color.js';
import { wipe } from '#crypto/wipe.js';
import { decodeFull } from '../decode/decode.js';
import { deepValues, wordsOf } from '../raster/deep-values.js';
import type { ImageLimits } from '../formats/image-facts.js';
import { openImage, type OpenedImage } from '../guard/image-opening.js';
import { rasterOf, type AnyRaster, type Raster } from '../raster/raster-shape.js';
import type { Rect, Size } from '../raster/pixel-rect.js';
import type { Layout } from './result-geometry.js';
import { shadowOf } from './result-shadow.js';
import { underlay } from './result-underlay.js';
import { sharp } from '../raster/sharp.js';

/** How a result looks, apart from where things are. */
export interface Look {
  options: Pick<JobOptions, 'bg_color' | 'add_shadow'>;
  /**
   * Encoded picture to put behind the subject: it fills the canvas, and what is too much of it is cut off. Its
   * metadata is taken out in place; its owner wipes it.
   */
  background: Buffer | undefined;
  limits: ImageLimits;
}

/**
 * Makes the result of a matted image: places the subject as laid out and puts background and shadow under it.
 * The same raster comes back when nothing is to be moved, worked on in place; otherwise a new one, which is the
 * caller's to wipe as well.
 * @throws Problem `background-corrupt` | `image-type-unsupported` | `image-too-many-pixels` for the background
 */
export async function composeResult<T extends AnyRaster>(image: T, layout: Layout, look: Look): Promise<T> {
  // Of the same depth, whatever is done to it.
  const placed = (await placedRaster(image, layout)) as T;
  try {
    await decorate(placed, layout, look);
    return placed;
  } catch (error) {
    if (placed !== image) wipe(placed.data);
    throw error;
  }
}

async function decorate(placed: AnyRaster, layout: Layout, look: Look): Promise<void> {
  const { bg_color, add_shadow } = look.options;
  const color = bg_color === undefined ? undefined : parseColor(bg_color);
  const hasShadow = add_shadow && layout.foreground.width > 0;
  if (color === undefined && !hasShadow && look.background === undefined) return;
  const owned: Uint8Array[] = [];
  try {
    const shadow = hasShadow ? await shadowOf(placed, layout.foreground) : undefined;
    if (shadow !== undefined) owned.push(shadow.data);
    const picture = look.background && (await backdrop(look.background, layout.canvas, look.limits));
    if (picture !== undefined) owned.push(picture.data);
    underlay(placed, { color, picture, shadow });
  } finally {
    wipe(...owned);
  }
}

/** The background, in the size of the canvas. */
async function backdrop(file: Buffer, canvas: Size, limits: ImageLimits): Promise<Raster> {
  let opened: OpenedImage | undefined;
  try {
    opened = openImage(file, limits);
    return await decodeFull(opened.image, limits.maxPixels, { ...canvas, fit: 'cover' });
  } catch (error) {
    throw backgroundError(error);
  } finally {
    opened?.wipe();
  }
}

/** The image's shown part on a transparent canvas. */
async function placedRaster(image: AnyRaster, { canvas, source, target }: Layout): Promise<AnyRaster> {
  const isResized = !isSameSize(source, target);
  if (!isResized && isSameSize(source, image) && isSameSize(target, canvas)) return image;
  const part = isResized ? await resizedPart(image, source, target) : image;
  if (isResized && isSameSize(target, canvas)) return part;
  const from = isResized ? { left: 0, top: 0, width: target.width, height: target.height } : source;
  const placed = copyRect(part, from, { canvas, target });
  if (isResized) wipe(part.data);
  return placed;
}

const isSameSize = (one: Size, other: Size): boolean =>
  one.width === other.width && one.height === other.height;

/** A part of the image in another size, resampled with Lanczos-3 on values multiplied by alpha. */
async function resizedPart({ data, width, height }: AnyRaster, source: Rect, to: Size): Promise<AnyRaster> {
  const raw = { width, height, channels: 4 } as const;
  const resized = sharp(data, { raw, limitInputPixels: false })
    .extract(source)
    .resize(to.width, to.height, { fit: 'fill', kernel: 'lanczos3' });
  const isDeep = data instanceof Uint16Array;
  const bytes = await (isDeep ? deepValues(resized) : resized.raw()).toBuffer();
  return rasterOf(isDeep ? wordsOf(bytes) : bytes, to);
}

/** A transparent canvas with the part `from` of an image at the target, which is as large. */
function copyRect(image: AnyRaster, from: Rect, to: { canvas: Size; target: Rect }): AnyRaster {
  const { width, height } = to.canvas;
  const length = width * height * 4;
  const data = image.data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  for (let y = 0; y < from.height; y += 1) {
    const start = 4 * ((from.top + y) * image.width + from.left);
    const row = image.data.subarray(start, start + 4 * from.width);
    data.set(row, 4 * ((to.target.top + y) * width + to.target.left));
  }
  return rasterOf(data, to.canvas);
}
