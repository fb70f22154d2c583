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

/** Width and height of a grid, in cells. */
export interface GridSize {
  width: number;
  height: number;
}

/** A rectangle of whole pixels, from the image's top left corner. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}
