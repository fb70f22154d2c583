import { backgroundError } from '#contracts/problem-catalog.js';
import type { JobOptions } from '#contracts/job-options.js';
import { parseColor, parseGradient, type Color } from '#contracts/option-color.js';
import { wipe } from '#crypto/wipe.js';
import type { Rgb, RgbConversion } from '../color/rgb-space.js';
import { decodeFull } from '../decode/decode.js';
import { alphaPlane, maxValueOf, rasterOf, type AnyRaster, type Raster } from '../raster/raster.js';
import type { ImageLimits } from '../formats/image-facts.js';
import { openImage, type OpenedImage } from '../guard/image-opening.js';
import type { Rect, Size } from '../raster/pixel-rect.js';
import { blurredOriginal } from './blurred-original.js';
import { gradientRaster } from './gradient.js';
import type { Layout } from './layout.js';
import { outlineOf } from './outline.js';
import { reflectionOf, type Reflection } from './reflection.js';
import { shadowOf, type Shadow, type ShadowOptions } from './result-shadow.js';
import { outlineExtent, pixelsIn, type RoomOptions } from './subject-room.js';
import { sharp, deepValues, wordsOf } from '../raster/sharp.js';

/** Background and shadow of a result. */
export interface ResultStyle {
  options: Pick<JobOptions, 'bg_color' | 'bg_gradient' | 'background_blur' | 'background_blur_mode'> &
    ShadowOptions &
    RoomOptions &
    Pick<JobOptions, 'outline_color'>;
  /**
   * Encoded background picture: it fills the canvas and is cropped to it. Its metadata is removed in place; the owner
   * wipes it.
   */
  background: Buffer | undefined;
  /** The image itself without metadata, for `background_blur`. */
  original: Buffer;
  limits: ImageLimits;
  /** Converts colors of the options and of the background to those of the result; undefined for sRGB. */
  fromSrgb?: RgbConversion | undefined;
}

/**
 * Composes the result of a matted image: places the subject according to the layout and draws background and shadow
 * under it. Returns the same raster, changed in place, when nothing moves; otherwise a new one, which the caller
 * wipes as well.
 * @throws Problem `background-corrupt` | `image-type-unsupported` | `image-too-many-pixels` for the background
 */
export async function composeResult<T extends AnyRaster>(
  image: T,
  layout: Layout,
  style: ResultStyle,
): Promise<T> {
  // The bit depth is kept.
  const placed = (await placeSubject(image, layout)) as T;
  try {
    await addBackground(placed, layout, style);
    return placed;
  } catch (error) {
    if (placed !== image) wipe(placed.data);
    throw error;
  }
}

async function addBackground(placed: AnyRaster, layout: Layout, style: ResultStyle): Promise<void> {
  const { options } = style;
  const color = colorIn(options.bg_color, style.fromSrgb);
  const owned: (Uint8Array | Uint16Array)[] = [];
  const keep = <T extends { data: Uint8Array | Uint16Array }>(layer: T | undefined): T | undefined => {
    if (layer !== undefined) owned.push(layer.data);
    return layer;
  };
  try {
    const subject = layout.foreground.width > 0 ? layout.foreground : undefined;
    const outline = keep(subject && outlineLayer(placed, subject, style));
    const reflection = keep(subject && reflectionOf(placed, subject, options));
    const shadow = keep(subject && (await shadowOf(placed, subject, options, outline)));
    if (shadow !== undefined) shadow.color = converted(shadow.color, style.fromSrgb);
    const picture = keep(await pictureOf(placed, layout.canvas, style));
    if (picture !== undefined) style.fromSrgb?.convertImage(picture);
    const layers = { color, picture, reflection, shadow, outline };
    if (Object.values(layers).every((layer) => layer === undefined)) return;
    compositeOver(placed, layers);
  } finally {
    wipe(...owned);
  }
}

/** The outline of the subject in its color; undefined without one. */
function outlineLayer(
  placed: AnyRaster,
  subject: Rect,
  { options, fromSrgb }: ResultStyle,
): Shadow | undefined {
  const width = pixelsIn(outlineExtent(options, subject));
  if (width === 0) return undefined;
  const { width: across, height } = placed;
  const alpha = { data: alphaPlane(placed), width: across, height };
  try {
    const outline = outlineOf(alpha, width);
    const color = colorIn(options.outline_color ?? 'white', fromSrgb) ?? WHITE;
    return { ...outline, color };
  } finally {
    wipe(alpha.data);
  }
}

const WHITE: Color = { red: 255, green: 255, blue: 255, alpha: 255 };

/** A color of an option in the colors of the result. */
function colorIn(text: string | undefined, conversion: RgbConversion | undefined): Color | undefined {
  const color = text === undefined ? undefined : parseColor(text);
  return color && converted(color, conversion);
}

function converted(color: Color, conversion: RgbConversion | undefined): Color {
  if (conversion === undefined) return color;
  const values: Rgb = [0, 0, 0];
  conversion.convert(Uint8Array.of(color.red, color.green, color.blue), 0, values);
  const [red, green, blue] = values.map(Math.round) as Rgb;
  return { red, green, blue, alpha: color.alpha };
}

/** The picture under the subject, in the size of the canvas; undefined if there is none. */
async function pictureOf(placed: AnyRaster, canvas: Size, style: ResultStyle): Promise<Raster | undefined> {
  const { background, original, limits, options } = style;
  if (background !== undefined) return decodeBackground(background, canvas, limits);
  const gradient = options.bg_gradient === undefined ? undefined : parseGradient(options.bg_gradient);
  if (gradient !== undefined) return gradientRaster(gradient, canvas);
  const { background_blur: strength, background_blur_mode: mode } = options;
  if (strength === undefined) return undefined;
  return blurredOriginal(placed, { image: original, maxPixels: limits.maxPixels, strength, mode });
}

/** The background picture, in the size of the canvas. */
async function decodeBackground(file: Buffer, canvas: Size, limits: ImageLimits): Promise<Raster> {
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

/** The shown part of the image on a transparent canvas. */
async function placeSubject(image: AnyRaster, { canvas, source, target }: Layout): Promise<AnyRaster> {
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

/** A part of the image, resized with Lanczos-3 on premultiplied values. */
async function resizedPart({ data, width, height }: AnyRaster, source: Rect, to: Size): Promise<AnyRaster> {
  const raw = { width, height, channels: 4 } as const;
  const resized = sharp(data, { raw, limitInputPixels: false })
    .extract(source)
    .resize(to.width, to.height, { fit: 'fill', kernel: 'lanczos3' });
  const isDeep = data instanceof Uint16Array;
  const bytes = await (isDeep ? deepValues(resized) : resized.raw()).toBuffer();
  return rasterOf(isDeep ? wordsOf(bytes) : bytes, to);
}

/** A transparent canvas with the part `from` of an image copied to the target, which has the same size. */
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

/** Layers under a cut-out, from the bottom up. */
export interface BackgroundLayers {
  color: Color | undefined;
  /** Has the size of the cut-out; its alpha blends with the color. */
  picture: Raster | undefined;
  reflection?: Reflection | undefined;
  shadow: Shadow | undefined;
  outline?: Shadow | undefined;
}

/** Premultiplied color and alpha, each 0 to 1. */
type Premultiplied = [red: number, green: number, blue: number, alpha: number];

const BYTE = 255;

/**
 * Composites a cut-out over a color, a picture, a reflection, a shadow and an outline, in place: Porter-Duff "over" (T. Porter and T. Duff,
 * "Compositing digital images", SIGGRAPH 1984), on sRGB values as image editors do. Opaque pixels are unchanged.
 */
export function compositeOver(image: AnyRaster, under: BackgroundLayers): void {
  const { data } = image;
  const full = maxValueOf(data);
  const base = premultiplied(under.color);
  const below: Premultiplied = [...base];
  const reflected = under.reflection?.data;
  const from = 4 * image.width * (under.reflection?.top ?? 0);
  const to = from + (reflected?.length ?? 0);
  for (let i = 0, at = 0; at < data.length; i += 1, at += 4) {
    const alpha = (data[at + 3] as number) / full;
    if (alpha === 1) continue;
    below[0] = base[0];
    below[1] = base[1];
    below[2] = base[2];
    below[3] = base[3];
    if (under.picture !== undefined) addPicture(below, under.picture.data, at);
    if (reflected !== undefined && at >= from && at < to) addPicture(below, reflected, at - from);
    if (under.shadow !== undefined)
      addShadow(below, under.shadow.color, (under.shadow.data[i] as number) / BYTE);
    if (under.outline !== undefined) {
      const { data: opacity, color } = under.outline;
      addShadow(below, color, ((opacity[i] as number) * color.alpha) / (BYTE * BYTE));
    }
    blend(data, at, alpha, below);
  }
}

function premultiplied(color: Color | undefined): Premultiplied {
  if (color === undefined) return [0, 0, 0, 0];
  const alpha = color.alpha / BYTE;
  return [(color.red / BYTE) * alpha, (color.green / BYTE) * alpha, (color.blue / BYTE) * alpha, alpha];
}

function addPicture(below: Premultiplied, picture: Uint8Array | Uint16Array, at: number): void {
  const full = maxValueOf(picture);
  const alpha = (picture[at + 3] as number) / full;
  const through = 1 - alpha;
  below[0] = ((picture[at] as number) / full) * alpha + below[0] * through;
  below[1] = ((picture[at + 1] as number) / full) * alpha + below[1] * through;
  below[2] = ((picture[at + 2] as number) / full) * alpha + below[2] * through;
  below[3] = alpha + below[3] * through;
}

function addShadow(below: Premultiplied, { red, green, blue }: Color, alpha: number): void {
  const through = 1 - alpha;
  below[0] = (red / BYTE) * alpha + below[0] * through;
  below[1] = (green / BYTE) * alpha + below[1] * through;
  below[2] = (blue / BYTE) * alpha + below[2] * through;
  below[3] = alpha + below[3] * through;
}

/** The pixel at `at`, of opacity `alpha`, over `below`. */
function blend(data: Uint8Array | Uint16Array, at: number, alpha: number, below: Premultiplied): void {
  const full = maxValueOf(data);
  const through = 1 - alpha;
  const totalAlpha = alpha + below[3] * through;
  if (totalAlpha === 0) return;
  for (let k = 0; k < 3; k += 1) {
    const color = ((data[at + k] as number) / full) * alpha + (below[k] as number) * through;
    data[at + k] = Math.round((color / totalAlpha) * full);
  }
  const opacity = Math.round(totalAlpha * full);
  data[at + 3] = opacity;
  if (opacity === 0) data[at] = data[at + 1] = data[at + 2] = 0;
}
