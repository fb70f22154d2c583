import { byteOf } from './deep-raster.js';
import type { AnyRaster, DeepRaster, Raster } from './raster-shape.js';

/** The alpha of a raster, one byte a pixel. The caller wipes it. */
export function alphaPlane({ data, width, height }: AnyRaster): Uint8Array {
  const plane = new Uint8Array(width * height);
  if (data instanceof Uint16Array) {
    for (let i = 0, at = 3; i < plane.length; i += 1, at += 4) plane[i] = byteOf(data[at] as number);
    return plane;
  }
  for (let i = 0, at = 3; i < plane.length; i += 1, at += 4) plane[i] = data[at] as number;
  return plane;
}

/** The colors of an opaque raster without its alpha. The caller wipes it. */
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
 * The colours of a raster, 3 bytes a pixel. Where nothing is visible the average of what is visible takes the
 * place of black: a lossy encoder works on blocks of 8 × 8 pixels and would let black into the subject's edge.
 * The caller wipes it.
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
