import type { JobOptions } from '#contracts/job-options.js';
import {
  parseMargins,
  parsePosition,
  parseRegion,
  parseScale,
  type Length,
  type Position,
} from '#contracts/option-values.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { ImageLimits } from '../formats/image-facts.js';
import { canvasLayout, type CanvasOptions } from './canvas-layout.js';
import type { Layout } from './layout.js';
import { roomOf, type Extent, type Room } from './subject-room.js';
import { fullRect, clamp, rectOf, scaledRect, type Rect, type Size } from '../raster/pixel-rect.js';

/** Options that determine the layout. */
export type GeometryOptions = Pick<JobOptions, 'size' | 'crop' | 'crop_margin' | 'scale' | 'position'> &
  CanvasOptions;

/** A cut-out before its layout. */
export interface Subject {
  image: Size;
  /** Box of the visible part, in pixels of the image; undefined when nothing is visible. */
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

/** Tolerance for rounding errors of products of square roots. */
const ROUNDING = 1e-9;
const EMPTY_RECT: Rect = { left: 0, top: 0, width: 0, height: 0 };

/**
 * The largest size within `width` × `height` that the size class and the service's limits allow. Proportions are kept
 * to within a pixel.
 */
export function fitSize({ width, height }: Size, size: JobOptions['size'], limits: ImageLimits): Size {
  const maxPixels = Math.min(MAX_PIXELS[size], limits.maxPixels);
  const ratio = Math.min(
    Math.sqrt(maxPixels / (width * height)),
    limits.maxSidePixels / Math.max(width, height),
  );
  if (ratio >= 1) return { width, height };
  const shrunk = (side: number): number => Math.max(1, Math.floor(side * ratio + ROUNDING));
  return { width: shrunk(width), height: shrunk(height) };
}

/**
 * True when the layout needs the full resolution although the result may be smaller: the subject is cropped or
 * enlarged.
 */
export const needsAllPixels = ({ crop, scale, output_size: size }: GeometryOptions): boolean =>
  crop || scale !== 'original' || size !== undefined;

/** True when the subject is moved or resized. */
export const needsLayout = (options: GeometryOptions): boolean =>
  needsAllPixels(options) || (options.position ?? 'original') !== 'original';

/**
 * Lays a result out.
 *
 * - `crop`: the canvas is the subject and its margins, then shrunk to the size class. Margins in percent are of
 *   the subject's width (left, right) or height (top, bottom). An outline and a reflection have room inside of the margins,
 *   except on sides where the image cuts the subject off.
 * - otherwise the canvas is the image, shrunk to the size class. `scale` sizes the subject, up or down, so that
 *   it fills that part of the canvas in the direction in which it fills more; `position` then says where it
 *   is in the free space. `position=original` with a scale keeps its center, as far as the canvas allows.
 *
 * `output_size`: see `canvasLayout`.
 *
 * @throws Problem `foreground-not-found` when an option needs a subject and there is none; as `canvasLayout`
 */
export function layoutOf({ image, box }: Subject, options: GeometryOptions, limits: ImageLimits): Layout {
  const share = parseScale(options.scale) ?? 'original';
  const position = positionOf(options, share);
  if (!needsLayout(options)) {
    const canvas = fitSize(image, options.size, limits);
    const foreground = box === undefined ? EMPTY_RECT : scaledRect(box, image, canvas);
    return { canvas, source: fullRect(image), target: fullRect(canvas), foreground };
  }
  if (box === undefined) throw new Problem('foreground-not-found');
  if (options.output_size !== undefined) return canvasLayout(image, box, options, limits);
  if (options.crop) return croppedLayout({ image, box }, options, limits);
  const canvas = fitSize(image, options.size, limits);
  const size = sizedSubject(box, { image, canvas, share });
  const target = { ...size, ...placeSubject(size, { box, image, canvas, position }) };
  return { canvas, source: box, target, foreground: target };
}

/**
 * The place on the canvas of a part of the subject, at least one pixel each way and inside of the subject's place. The
 * part is among what is shown.
 */
export function placedRect(part: Rect, { source, target, foreground }: Layout): Rect {
  const inSource = { ...part, left: part.left - source.left, top: part.top - source.top };
  const { left, top, width, height } = scaledRect(inSource, source, target);
  // Nothing is visible.
  if (foreground.width === 0) return { left: left + target.left, top: top + target.top, width, height };
  const [across, down] = [Math.min(width, foreground.width), Math.min(height, foreground.height)];
  return {
    left: clamp(left + target.left, foreground.left, foreground.left + foreground.width - across),
    top: clamp(top + target.top, foreground.top, foreground.top + foreground.height - down),
    width: across,
    height: down,
  };
}

function positionOf(options: GeometryOptions, share: number | 'original'): Position | 'original' {
  const position = options.position ?? (share === 'original' ? 'original' : 'center');
  return parsePosition(position) ?? 'original';
}

/** Times that the frame of a crop is measured: lengths in pixels of the result depend on its size. */
const MEASUREMENTS = 4;

function croppedLayout(
  { image, box }: { image: Size; box: Rect },
  options: GeometryOptions,
  limits: ImageLimits,
): Layout {
  const margins = parseMargins(options.crop_margin) ?? parseMargins('0');
  const of = (margin: Length | undefined, side: number): number =>
    margin === undefined ? 0 : Math.round(margin.unit === 'px' ? margin.value : (margin.value * side) / 100);
  const room = uncutRoom(roomOf(options, box), image, box);
  const frameAt = (ratio: number): Rect => {
    const drawn = ({ scaled, fixed }: Extent): number => Math.ceil(scaled + fixed / ratio - ROUNDING);
    const [left, top] = [
      of(margins?.left, box.width) + drawn(room.left),
      of(margins?.top, box.height) + drawn(room.top),
    ];
    const width = left + box.width + of(margins?.right, box.width) + drawn(room.right);
    const height = top + box.height + of(margins?.bottom, box.height) + drawn(room.bottom);
    return { left, top, width, height };
  };
  let frame = frameAt(1);
  let canvas = fitSize(frame, options.size, limits);
  for (let i = 1; i < MEASUREMENTS && canvas.width < frame.width; i += 1) {
    frame = frameAt(canvas.width / frame.width);
    canvas = fitSize(frame, options.size, limits);
  }
  const target = scaledRect({ ...box, left: frame.left, top: frame.top }, frame, canvas);
  return { canvas, source: box, target, foreground: target };
}

/** The room of a subject, without the sides where the image cuts it off. */
function uncutRoom(room: Room, image: Size, box: Rect): Room {
  const none: Extent = { scaled: 0, fixed: 0 };
  return {
    top: box.top === 0 ? none : room.top,
    right: box.left + box.width === image.width ? none : room.right,
    bottom: box.top + box.height === image.height ? none : room.bottom,
    left: box.left === 0 ? none : room.left,
  };
}

/** Size of the subject on the canvas. */
function sizedSubject(
  box: Size,
  { image, canvas, share }: { image: Size; canvas: Size; share: number | 'original' },
): Size {
  const across = canvas.width / image.width;
  const down = canvas.height / image.height;
  const factor =
    share === 'original' ? 1 : share * Math.min(image.width / box.width, image.height / box.height);
  return {
    width: clamp(Math.round(box.width * factor * across), 1, canvas.width),
    height: clamp(Math.round(box.height * factor * down), 1, canvas.height),
  };
}

/** Upper left corner of the subject on the canvas. */
function placeSubject(
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
    left: clamp(Math.round(centreX - size.width / 2), 0, roomX),
    top: clamp(Math.round(centreY - size.height / 2), 0, roomY),
  };
}

/**
 * Region of interest in pixels of an upright image; undefined when it is the whole image. Fractions of pixels are
 * included.
 * @throws Problem `roi-exceeds-bounds` when it exceeds the image; `roi-empty` when it is empty
 */
export function regionOf(options: Pick<JobOptions, 'roi'>, image: Size): Rect | undefined {
  const region = options.roi === undefined ? undefined : parseRegion(options.roi);
  if (region === undefined) return undefined;
  const { width, height } = image;
  const [left, right] = [Math.floor(pixelsOf(region.x1, width)), Math.ceil(pixelsOf(region.x2, width))];
  const [top, bottom] = [Math.floor(pixelsOf(region.y1, height)), Math.ceil(pixelsOf(region.y2, height))];
  if (Math.max(left, right) > width || Math.max(top, bottom) > height) {
    throw new Problem('roi-exceeds-bounds');
  }
  if (left >= right || top >= bottom) throw new Problem('roi-empty');
  const isFull = left === 0 && top === 0 && right === width && bottom === height;
  return isFull ? undefined : rectOf(left, top, right, bottom);
}

/** Rounding to a millionth of a pixel keeps errors of percentages from adding a pixel. */
export const pixelsOf = ({ value, unit }: Length, side: number): number =>
  unit === 'px' ? value : Math.round(value * side * 1e4) / 1e6;
