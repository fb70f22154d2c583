/** 8-bit pixels: 4 bytes each in the order R, G, B, A; rows from the top; alpha is straight, not premultiplied. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
}

/** 8-bit colors without alpha: 3 bytes a pixel in the order R, G, B; rows from the top. */
export interface RgbRaster {
  data: Uint8Array;
  width: number;
  height: number;
}

/** 16-bit pixels, 0 to 65,535 a value, in the same order. */
export interface DeepRaster {
  data: Uint16Array;
  width: number;
  height: number;
}

/** An image of either depth. */
export type AnyRaster = Raster | DeepRaster;

/** Opacity of each pixel, one byte: 0 background, 255 subject. */
export interface Mask {
  data: Uint8Array;
  width: number;
  height: number;
}

/** True for an image of 16 bits a value. */
export const isDeep = (image: AnyRaster): image is DeepRaster => image.data instanceof Uint16Array;

/** A raster of these values, with the bit depth of their array. */
export const rasterOf = (data: AnyRaster['data'], { width, height }: Omit<AnyRaster, 'data'>): AnyRaster =>
  data instanceof Uint16Array ? { data, width, height } : { data, width, height };

/** The largest value of this bit depth. */
export const maxValueOf = (values: Uint8Array | Uint16Array): 255 | 65_535 =>
  values instanceof Uint16Array ? 65_535 : 255;

/** True when every pixel is fully opaque. */
export function isOpaque({ data }: AnyRaster): boolean {
  const full = maxValueOf(data);
  for (let at = 3; at < data.length; at += 4) if (data[at] !== full) return false;
  return true;
}

/** Largest image that is processed with 16 bits a value, in pixels: 12 bytes a pixel. */
export const MAX_DEEP_PIXELS = 25_000_000;

/** Factor from 8 to 16 bits. */
const WIDER = 257;

/** A 16-bit value rounded to 8 bits: `Math.round(value / 257)`. */
export const byteOf = (value: number): number => (255 * value + 32_895) >>> 16;

/** The image with 8 bits a value. The caller wipes it. */
export function toRaster8({ data, width, height }: DeepRaster): Raster {
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 1) bytes[i] = byteOf(data[i] as number);
  return { data: bytes, width, height };
}

/**
 * Restores 16 bits a value after the image was processed with 8. A color or an alpha that is unchanged at 8 bits gets
 * the exact value of `source`; other values are widened. Pixels of alpha 0 are cleared.
 * @param source the 16-bit image before processing; changed in place and returned. Without it a new raster is made,
 * which the caller wipes
 */
export function toRaster16(image: Raster, source: DeepRaster | undefined): DeepRaster {
  const { data, width, height } = image;
  const deep = source?.data ?? Uint16Array.from(data, (value) => WIDER * value);
  if (source === undefined) return { data: deep, width, height };
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = [data[at], data[at + 1], data[at + 2], data[at + 3]] as Pixel;
    if (alpha === 0) {
      deep[at] = deep[at + 1] = deep[at + 2] = deep[at + 3] = 0;
      continue;
    }
    if (alpha !== byteOf(deep[at + 3] as number)) deep[at + 3] = WIDER * alpha;
    if (
      red === byteOf(deep[at] as number) &&
      green === byteOf(deep[at + 1] as number) &&
      blue === byteOf(deep[at + 2] as number)
    ) {
      continue;
    }
    deep[at] = WIDER * red;
    deep[at + 1] = WIDER * green;
    deep[at + 2] = WIDER * blue;
  }
  return { data: deep, width, height };
}

type Pixel = [number, number, number, number];

/** Alpha of a raster, one byte a pixel. The caller wipes it. */
export function alphaPlane({ data, width, height }: AnyRaster): Uint8Array {
  const plane = new Uint8Array(width * height);
  if (data instanceof Uint16Array) {
    for (let i = 0, at = 3; i < plane.length; i += 1, at += 4) plane[i] = byteOf(data[at] as number);
    return plane;
  }
  for (let i = 0, at = 3; i < plane.length; i += 1, at += 4) plane[i] = data[at] as number;
  return plane;
}

/** Colors of an opaque raster, three values a pixel, without alpha. The caller wipes it. */
export function opaqueColors({ data, width, height }: DeepRaster): Uint16Array {
  const planes = new Uint16Array(3 * width * height);
  for (let to = 0, at = 0; at < data.length; to += 3, at += 4) {
    planes[to] = data[at] as number;
    planes[to + 1] = data[at + 1] as number;
    planes[to + 2] = data[at + 2] as number;
  }
  return planes;
}

/**
 * Colors of a raster, 3 bytes a pixel. Invisible pixels get the mean of the visible colors instead of black: a lossy
 * encoder works on blocks of 8 × 8 pixels and would let black bleed into the subject's edge. The caller wipes it.
 */
export function colorPlanes(image: Raster): Uint8Array {
  const { data, width, height } = image;
  const fill = averageColor(image);
  const planes = new Uint8Array(width * height * 3);
  for (let to = 0, at = 0; at < data.length; to += 3, at += 4) {
    const isHidden = data[at + 3] === 0;
    planes[to] = isHidden ? fill[0] : (data[at] as number);
    planes[to + 1] = isHidden ? fill[1] : (data[at + 1] as number);
    planes[to + 2] = isHidden ? fill[2] : (data[at + 2] as number);
  }
  return planes;
}

function averageColor({ data }: Raster): [red: number, green: number, blue: number] {
  let [red, green, blue, weight] = [0, 0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] as number;
    if (alpha === 0) continue;
    red += alpha * (data[at] as number);
    green += alpha * (data[at + 1] as number);
    blue += alpha * (data[at + 2] as number);
    weight += alpha;
  }
  const over = Math.max(weight, 1);
  return [Math.round(red / over), Math.round(green / over), Math.round(blue / over)];
}
