/** Pixels, 4 bytes each in the order R, G, B, A; rows from the top; alpha is straight, not premultiplied. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
}

/** The same with 16 bits a value, 0 to 65,535. */
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

/** An image of these values, of the depth that they have. */
export const rasterOf = (data: AnyRaster['data'], { width, height }: Omit<AnyRaster, 'data'>): AnyRaster =>
  data instanceof Uint16Array ? { data, width, height } : { data, width, height };

/** The largest value of these pixels. */
export const fullOf = (values: Uint8Array | Uint16Array): 255 | 65_535 =>
  values instanceof Uint16Array ? 65_535 : 255;
