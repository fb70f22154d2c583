import type { DeepRaster, Raster } from './raster-shape.js';

/** Largest image that is worked on with 16 bits a value: 12 bytes a pixel. */
export const MAX_DEEP_PIXELS = 25_000_000;

/** What a value of 8 bits is in 16. */
const WIDER = 257;

/** The nearest of 256 values: `Math.round(value / 257)`. */
export const byteOf = (value: number): number => (255 * value + 32_895) >>> 16;

/** The same image with 8 bits a value. The caller wipes it. */
export function shallowRaster({ data, width, height }: DeepRaster): Raster {
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 1) bytes[i] = byteOf(data[i] as number);
  return { data: bytes, width, height };
}

/**
 * An image with 16 bits a value. Where a color or an alpha of the 8-bit image is still that of the deep source, it is
 * the source's, exact to the bit; elsewhere it has been worked on, and is widened. Nothing is left where alpha is 0.
 * @param source the image before it was worked on, changed in place and returned; without it a new one, which the caller
 * wipes
 */
export function deepRaster(image: Raster, source: DeepRaster | undefined): DeepRaster {
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
