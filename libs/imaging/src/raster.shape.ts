/** Pixels, 4 bytes each in the order R, G, B, A; rows from the top; alpha is straight, not premultiplied. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Opacity of each pixel, one byte: 0 background, 255 subject. */
export interface Mask {
  data: Uint8Array;
  width: number;
  height: number;
}
