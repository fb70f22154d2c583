import type { JobOptions } from '#contracts/job-options.js';
import {
  parseMargins,
  parsePosition,
  parseScale,
  type Length,
  type Position,
} from '#contracts/option-values.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { ImageLimits } from '../formats/image-facts.js';
import { clamped, resizedRect, type Rect, type Size } from '../raster/pixel-rect.js';

/** The options that decide where things are. */
export type GeometryOptions = Pick<JobOptions, 'size' | 'crop' | 'crop_margin' | 'scale' | 'position'>;

/** How a result is laid out. All in whole pixels. */
export interface Layout {
  /** Size of the result. */
  canvas: Size;
  /** The part of the image that is shown. */
  source: Rect;
  /** Where on the canvas it is shown, resized when it has another size. Always within the canvas. */
  target: Rect;
  /** Where on the canvas the subject is; 0 × 0 when nothing is visible. */
  foreground: Rect;
}

/** What a cut-out is before it is laid out. */
export interface Subject {
  image: Size;
  /** The visible part, in pixels of the image; undefined when nothing is visible. */
  box: Rect | undefined;
}

const MAX_PIXELS: Record<JobOptions['size'], number> = {
  preview: 250_000,
  small: 250_000,
  regular: 250_000,
  medium: 1_500_000,
  hd: 4_000_000,
  '50MP': 50_000_000,
  auto: Infinity,
  full: Infinity,
  '4k': Infinity,
};

/** Products of roots fall short of whole numbers by rounding noise. */
const ROUNDING = 1e-9;
const NOWHERE: Rect = { left: 0, top: 0, width: 0, height: 0 };

/**
 * The largest size not above the one given that a size class and the service's limits allow, with the same
 * proportions to within a pixel.
 */
export function fittedSize({ width, height }: Size, size: JobOptions['size'], limits: ImageLimits): Size {
  const most = Math.min(MAX_PIXELS[size], limits.maxPixels);
  const ratio = Math.min(Math.sqrt(most / (width * height)), limits.maxSidePixels / Math.max(width, height));
  if (ratio >= 1) return { width, height };
  const shrunk = (side: number): number => Math.max(1, Math.floor(side * ratio + ROUNDING));
  return { width: shrunk(width), height: shrunk(height) };
}

/** True when every pixel of the image counts although the result may be smaller: the subject is cropped or enlarged. */
export const needsAllPixels = ({ crop, scale }: GeometryOptions): boolean => crop || scale !== 'original';

/** True when the subject is to be elsewhere, or larger or smaller, than in the image. */
export const needsLayout = (options: GeometryOptions): boolean =>
  needsAllPixels(options) || (options.position ?? 'original') !== 'original';

/**
 * Lays a result out.
 *
 * - `crop`: the canvas is the subject and its margins, then shrunk to the size class. Margins in percent are of
 *   the subject's width (left, right) or height (top, bottom).
 * - otherwise the canvas is the image, shrunk to the size class. `scale` sizes the subject, up or down, so that
 *   it fills that part of the canvas in the direction in which it fills more; `position` then says where it
 *   stands in the room left over. `position=original` with a scale keeps its centre, as far as the canvas allows.
 *
 * @throws Problem `foreground-not-found` when an option needs a subject and there is none
 */
export function layoutOf({ image, box }: Subject, options: GeometryOptions, limits: ImageLimits): Layout {
  const share = parseScale(options.scale) ?? 'original';
  const position = positionOf(options, share);
  if (!options.crop && share === 'original' && position === 'original') {
    const canvas = fittedSize(image, options.size, limits);
    const foreground = box === undefined ? NOWHERE : resizedRect(box, image, canvas);
    return { canvas, source: wholeOf(image), target: wholeOf(canvas), foreground };
  }
  if (box === undefined) throw new Problem('foreground-not-found');
  if (options.crop) return croppedLayout(box, options, limits);
  const canvas = fittedSize(image, options.size, limits);
  const size = sizedSubject(box, { image, canvas, share });
  const target = { ...size, ...placed(size, { box, image, canvas, position }) };
  return { canvas, source: box, target, foreground: target };
}

const wholeOf = (size: Size): Rect => ({ left: 0, top: 0, width: size.width, height: size.height });

function positionOf(options: GeometryOptions, share: number | 'original'): Position | 'original' {
  const position = options.position ?? (share === 'original' ? 'original' : 'center');
  return parsePosition(position) ?? 'original';
}

function croppedLayout(box: Rect, options: GeometryOptions, limits: ImageLimits): Layout {
  const margins = parseMargins(options.crop_margin) ?? parseMargins('0');
  const of = (margin: Length | undefined, side: number): number =>
    margin === undefined ? 0 : Math.round(margin.unit === 'px' ? margin.value : (margin.value * side) / 100);
  const [left, top] = [of(margins?.left, box.width), of(margins?.top, box.height)];
  const frame = {
    width: left + box.width + of(margins?.right, box.width),
    height: top + box.height + of(margins?.bottom, box.height),
  };
  const canvas = fittedSize(frame, options.size, limits);
  const target = resizedRect({ ...box, left, top }, frame, canvas);
  return { canvas, source: box, target, foreground: target };
}

/** How large the subject is on the canvas. */
function sizedSubject(
  box: Size,
  { image, canvas, share }: { image: Size; canvas: Size; share: number | 'original' },
): Size {
  const across = canvas.width / image.width;
  const down = canvas.height / image.height;
  const factor =
    share === 'original' ? 1 : share * Math.min(image.width / box.width, image.height / box.height);
  return {
    width: clamped(Math.round(box.width * factor * across), 1, canvas.width),
    height: clamped(Math.round(box.height * factor * down), 1, canvas.height),
  };
}

/** Where the subject's upper left corner is on the canvas. */
function placed(
  size: Size,
  to: { box: Rect; image: Size; canvas: Size; position: Position | 'original' },
): { left: number; top: number } {
  const { box, image, canvas, position } = to;
  const [roomX, roomY] = [canvas.width - size.width, canvas.height - size.height];
  if (position !== 'original') {
    return { left: Math.round(roomX * position.x), top: Math.round(roomY * position.y) };
  }
  const centreX = ((box.left + box.width / 2) * canvas.width) / image.width;
  const centreY = ((box.top + box.height / 2) * canvas.height) / image.height;
  return {
    left: clamped(Math.round(centreX - size.width / 2), 0, roomX),
    top: clamped(Math.round(centreY - size.height / 2), 0, roomY),
  };
}
