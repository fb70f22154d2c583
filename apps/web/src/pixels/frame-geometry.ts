/** A rectangle in pixels. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Extent of a row: from `left` up to, not including, `right`. Empty if both are equal. */
export interface Span {
  left: number;
  right: number;
}

/** The subject of a picture, in its pixels. */
export interface Subject {
  /** Box of the visible pixels. */
  box: Rect;
  /** The rows of the box: the extent of the opaque pixels. */
  spans: readonly Span[];
  /** Height of a row. */
  rowHeight: number;
}

/** Minimum alpha (0 to 255) of a pixel of the subject. */
const VISIBLE_ALPHA = 24;

/** Limits of a canvas: the longer side of a WebP, and the memory of 80 megapixels. */
const MAX_SIDE = 16_383;
const MAX_PIXELS = 80_000_000;

/** Scales a size down so that its longer side is at most `side` and a canvas can hold it. */
export function fitted({ width, height }: Size, side: number): Size & { scale: number } {
  const longer = Math.max(width, height);
  const scale = Math.min(1, Math.min(side, MAX_SIDE) / longer, Math.sqrt(MAX_PIXELS / width / height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    scale,
  };
}

/** Bounding box of the visible pixels in RGBA data of this width; undefined if there are none. */
export function visibleRect(pixels: Uint8ClampedArray, width: number): Rect | undefined {
  const height = pixels.length / 4 / width;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, at = 3; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      if ((pixels[at] ?? 0) < VISIBLE_ALPHA) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Converts a rectangle of a picture scaled by `scale` to whole pixels of the picture around it, within its bounds. */
export function unscaled(found: Rect, scale: number, whole: Size): Rect {
  const left = Math.max(0, Math.floor(found.left / scale));
  const top = Math.max(0, Math.floor(found.top / scale));
  const right = Math.min(whole.width, Math.ceil((found.left + found.width) / scale));
  const bottom = Math.min(whole.height, Math.ceil((found.top + found.height) / scale));
  return { left, top, width: right - left, height: bottom - top };
}

/** The centered part of a picture that covers a frame. */
export function coverOf(picture: Size, frame: Size): Rect {
  const scale = Math.max(frame.width / picture.width, frame.height / picture.height);
  const [width, height] = [frame.width / scale, frame.height / scale];
  return { left: (picture.width - width) / 2, top: (picture.height - height) / 2, width, height };
}

/** End points of the line of a gradient in a frame: the corners have exactly its colors, as in CSS. */
export function gradientLine(
  { left, top, width, height }: Rect,
  angle: number,
): [x0: number, y0: number, x1: number, y1: number] {
  const radians = (angle * Math.PI) / 180;
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  const half = (Math.abs(width * sin) + Math.abs(height * cos)) / 2;
  const [x, y] = [left + width / 2, top + height / 2];
  return [x - sin * half, y + cos * half, x + sin * half, y - cos * half];
}

/** Mirrors a coordinate beyond a picture of this length back into it. Pixel centers are whole numbers. */
export function mirrored(at: number, length: number): number {
  const period = 2 * length;
  const within = (((at + 0.5) % period) + period) % period;
  return (within < length ? within : period - within) - 0.5;
}
