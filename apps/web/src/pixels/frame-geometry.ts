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

/** Minimum alpha (0 to 255) of a pixel of the subject. */
const VISIBLE_ALPHA = 24;
const MARGIN_SHARE = 0.02;

/** Scales a size down so that its longer side is at most `side`. */
export function fitted({ width, height }: Size, side: number): Size & { scale: number } {
  const scale = Math.min(1, side / Math.max(width, height));
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

/** Converts a rectangle of a picture scaled by `scale` to the whole picture, and adds a margin within its bounds. */
export function croppedTo(found: Rect | undefined, scale: number, whole: Size): Rect {
  if (found === undefined) return { left: 0, top: 0, ...whole };
  const room = MARGIN_SHARE * Math.max(whole.width, whole.height);
  const left = Math.max(0, Math.floor(found.left / scale - room));
  const top = Math.max(0, Math.floor(found.top / scale - room));
  const right = Math.min(whole.width, Math.ceil((found.left + found.width) / scale + room));
  const bottom = Math.min(whole.height, Math.ceil((found.top + found.height) / scale + room));
  return { left, top, width: right - left, height: bottom - top };
}

/** The centered part of a picture that covers a frame. */
export function coverOf(picture: Size, frame: Size): Rect {
  const scale = Math.max(frame.width / picture.width, frame.height / picture.height);
  const [width, height] = [frame.width / scale, frame.height / scale];
  return { left: (picture.width - width) / 2, top: (picture.height - height) / 2, width, height };
}
