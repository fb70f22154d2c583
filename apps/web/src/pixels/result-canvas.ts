import type { Crop } from './edit.js';
import type { Rect, Size, Subject } from './frame-geometry.js';
import { passportFrame } from './passport-frame.js';

/** Distance of a subject to the edge of the photo, as a share of the photo's longer side, up to which the edge cuts it. */
const CUT_SHARE = 0.003;

/** Width to height. */
const RATIOS = {
  '1:1': 1,
  '4:5': 4 / 5,
  '3:4': 3 / 4,
  '16:9': 16 / 9,
  '9:16': 9 / 16,
  passport: 35 / 45,
} as const;

/** Sides of a rectangle. */
type Sides = Record<'left' | 'top' | 'right' | 'bottom', boolean>;

/** The smallest size that holds a box. Its ratio is exact to a pixel. */
function holding({ width, height }: Size, ratio: number): Size {
  return width / height > ratio
    ? { width, height: Math.round(width / ratio) }
    : { width: Math.round(height * ratio), height };
}

/** The sides on which the edge of the photo cuts the subject. */
function cutSides({ left, top, width, height }: Rect, whole: Size): Sides {
  const near = CUT_SHARE * Math.max(whole.width, whole.height);
  return {
    left: left <= near,
    top: top <= near,
    right: whole.width - left - width <= near,
    bottom: whole.height - top - height <= near,
  };
}

/** Where a canvas of length `canvas` begins so that the box is centered, or at the end where the photo cuts it. */
function startOf(box: [start: number, length: number], canvas: number, cut: [boolean, boolean]): number {
  const spare = canvas - box[1];
  if (cut[0] === cut[1]) return box[0] - Math.floor(spare / 2);
  return cut[0] ? box[0] : box[0] - spare;
}

/** A box with a margin on the sides that the edge of the photo does not cut. */
function withMargin({ left, top, width, height }: Rect, cut: Sides, margin: number): Rect {
  const [start, end] = [cut.left ? 0 : margin, cut.right ? 0 : margin];
  const [above, below] = [cut.top ? 0 : margin, cut.bottom ? 0 : margin];
  return {
    left: left - start,
    top: top - above,
    width: start + width + end,
    height: above + height + below,
  };
}

/** The size of a canvas. Where the photo cuts the subject at both ends, a margin across yields rather than leave strips there. */
function sizeOf(box: Rect, bare: Rect, cut: Sides, ratio: number): Size {
  const size = holding(box, ratio);
  const narrow = Math.round(bare.height * ratio);
  if (cut.top && cut.bottom && size.height > bare.height && narrow >= bare.width)
    return { width: narrow, height: bare.height };
  const low = Math.round(bare.width / ratio);
  if (cut.left && cut.right && size.width > bare.width && low >= bare.height)
    return { width: bare.width, height: low };
  return size;
}

/**
 * The canvas of a result, in pixels of the picture; it may extend beyond it. The subject is centered, with its margin. Where
 * the edge of the photo cuts the subject, the canvas ends as well, so that nothing cut off floats in the canvas.
 */
export function canvasOf({ frame, margin }: Crop, subject: Subject | undefined, whole: Size): Rect {
  if (frame === 'original') return { left: 0, top: 0, ...whole };
  const bare = subject?.box ?? { left: 0, top: 0, ...whole };
  const cut = cutSides(bare, whole);
  if (frame === 'passport' && subject !== undefined) return passportFrame(subject, cut.bottom);
  const box = withMargin(bare, cut, Math.ceil((margin / 100) * Math.max(bare.width, bare.height)));
  if (frame === 'subject') return box;
  const size = sizeOf(box, bare, cut, RATIOS[frame]);
  // Margins that yielded are spread again.
  const within = size.width < box.width || size.height < box.height ? bare : box;
  return {
    left: startOf([within.left, within.width], size.width, [cut.left, cut.right]),
    top: startOf([within.top, within.height], size.height, [cut.top, cut.bottom]),
    ...size,
  };
}
