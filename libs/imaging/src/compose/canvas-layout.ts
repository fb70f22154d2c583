import type { JobOptions } from '#contracts/job-options.js';
import {
  parseAlign,
  parseOutputSize,
  parsePadding,
  type Alignment,
  type OutputSize,
} from '#contracts/option-canvas.js';
import type { Length, Margins } from '#contracts/option-values.js';
import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { ImageLimits } from '../formats/image-facts.js';
import { clamp, type Rect, type Size } from '../raster/pixel-rect.js';
import type { Layout } from './layout.js';
import { roomOf, type Extent, type RoomOptions } from './subject-room.js';

/** Options that determine a layout with `output_size`. */
export type CanvasOptions = Pick<JobOptions, 'output_size' | 'fit' | 'padding' | 'margin' | 'align'> &
  RoomOptions;

/** One direction of the layout, in pixels unless said otherwise. */
interface Axis {
  /** Side of the image. */
  image: number;
  /** Begin and length of the subject in the image. */
  begin: number;
  length: number;
  /** What is drawn before and after the subject and scaled with it. */
  drawn: readonly [before: number, after: number];
  /** Space before and after the subject and what is drawn around it. */
  before: readonly Length[];
  after: readonly Length[];
  /** Place of the subject in its space, 0 to 1. */
  place: number;
}

/** A space of the result that the subject is put into. */
interface Space {
  canvas: number;
  begin: number;
  length: number;
}

/**
 * Lays out a result with `output_size`. The space of the subject is the canvas without padding and margin; begin and end of it are
 * rounded to pixels. The subject is scaled by one factor, up or down: with `contain` to the largest size within its space, with
 * `cover` to the smallest that fills it; sides are rounded, at least 1. What remains free, or does not fit, is divided by
 * `align`. A side `auto` has the length that the scaled subject and its space need, and so have both with `subject`, at scale 1.
 *
 * An outline and a reflection belong to what is scaled and placed, except with `cover` and on sides where the image cuts the
 * subject off.
 *
 * On a side where the subject touches the border of the image, `padding` is 0 and the subject is aligned to that side, unless
 * `align` names a place in that direction.
 * @throws Problem `subject-no-room` | `image-too-many-pixels`
 */
export function canvasLayout(image: Size, box: Rect, options: CanvasOptions, limits: ImageLimits): Layout {
  const size = parseOutputSize(options.output_size ?? 'subject') ?? 'subject';
  const [padding, margin] = [marginsOf(options.padding), marginsOf(options.margin)];
  const align = parseAlign(options.align) ?? { x: undefined, y: undefined };
  const room = roomOf(options.fit === 'cover' ? {} : options, box);
  const across = axisOf(
    { image: image.width, begin: box.left, length: box.width },
    {
      padding: [padding.left, padding.right],
      margin: [margin.left, margin.right],
      room: [room.left, room.right],
      place: align.x,
    },
  );
  const down = axisOf(
    { image: image.height, begin: box.top, length: box.height },
    {
      padding: [padding.top, padding.bottom],
      margin: [margin.top, margin.bottom],
      room: [room.top, room.bottom],
      place: align.y,
    },
  );
  const [x, y] = spacesOf(size, across, down);
  const canvas = { width: x.canvas, height: y.canvas };
  checkSize(canvas, limits);
  const factors = [x.length / wholeOf(across), y.length / wholeOf(down)];
  const factor = options.fit === 'cover' ? Math.max(...factors) : Math.min(...factors);
  const [horizontal, vertical] = [placed(across, x, factor), placed(down, y, factor)];
  const target = rect(horizontal.target, vertical.target);
  return { canvas, source: rect(horizontal.source, vertical.source), target, foreground: target };
}

const ZERO: Length = { value: 0, unit: 'px' };

const marginsOf = (text: string): Margins =>
  parsePadding(text) ?? { top: ZERO, right: ZERO, bottom: ZERO, left: ZERO };

interface AxisSpace {
  padding: readonly [before: Length, after: Length];
  margin: readonly [before: Length, after: Length];
  room: readonly [before: Extent, after: Extent];
  /** Undefined without `align` in this direction. */
  place: Alignment['x'];
}

function axisOf(
  { image, begin, length }: Pick<Axis, 'image' | 'begin' | 'length'>,
  { padding, margin, room, place }: AxisSpace,
): Axis {
  const isCutBefore = place === undefined && begin === 0;
  const isCutAfter = place === undefined && begin + length === image;
  const atEdge = isCutBefore === isCutAfter ? 0.5 : Number(isCutAfter);
  return {
    ...{ image, begin, length, place: place ?? atEdge },
    drawn: [isCutBefore ? 0 : room[0].scaled, isCutAfter ? 0 : room[1].scaled],
    before: isCutBefore ? [margin[0]] : [padding[0], margin[0], pixels(room[0].fixed)],
    after: isCutAfter ? [margin[1]] : [padding[1], margin[1], pixels(room[1].fixed)],
  };
}

const pixels = (value: number): Length => ({ value, unit: 'px' });

/** Length of the subject with what is drawn around it. */
const wholeOf = ({ length, drawn: [before, after] }: Axis): number => before + length + after;

function spacesOf(size: OutputSize, across: Axis, down: Axis): [Space, Space] {
  if (size === 'original') return [spaceIn(across.image, across), spaceIn(down.image, down)];
  if (size === 'subject') return [spaceAround(wholeOf(across), across), spaceAround(wholeOf(down), down)];
  if (!('height' in size)) {
    const x = spaceIn(size.width, across);
    return [x, spaceAround((wholeOf(down) * x.length) / wholeOf(across), down)];
  }
  const y = spaceIn(size.height, down);
  if (!('width' in size)) return [spaceAround((wholeOf(across) * y.length) / wholeOf(down), across), y];
  return [spaceIn(size.width, across), y];
}

/** The space in a canvas of this side. @throws Problem `subject-no-room` */
function spaceIn(canvas: number, { before, after }: Axis): Space {
  const begin = Math.round(lengthOf(before, canvas));
  const end = Math.round(canvas - lengthOf(after, canvas));
  if (end <= begin) throw new Problem('subject-no-room');
  return { canvas, begin, length: end - begin };
}

/** The canvas around a space of this length. Percentages are of the canvas. */
function spaceAround(length: number, axis: Axis): Space {
  const all = [...axis.before, ...axis.after];
  const fixed = all.reduce((sum, { value, unit }) => sum + (unit === 'px' ? value : 0), 0);
  const percent = all.reduce((sum, { value, unit }) => sum + (unit === '%' ? value : 0), 0);
  const canvas = Math.max(1, Math.round((length + fixed) / (1 - percent / 100)));
  const whole = Math.max(1, Math.round(length));
  const begin = clamp(Math.round(lengthOf(axis.before, canvas)), 0, canvas - whole);
  return { canvas, begin, length: whole };
}

const lengthOf = (lengths: readonly Length[], canvas: number): number =>
  lengths.reduce((sum, { value, unit }) => sum + (unit === 'px' ? value : (value * canvas) / 100), 0);

/** Part of the subject that is shown in one direction, and its place on the canvas. */
interface Placed {
  source: [begin: number, length: number];
  target: [begin: number, length: number];
}

function placed(axis: Axis, space: Space, factor: number): Placed {
  const { begin, length, place, drawn } = axis;
  const whole = Math.max(1, Math.round(wholeOf(axis) * factor));
  if (whole <= space.length) {
    const free = space.length - whole;
    const scaled = Math.max(1, Math.round(length * factor));
    const before = Math.min(Math.round(drawn[0] * factor), whole - Math.min(whole, scaled));
    return {
      source: [begin, length],
      target: [space.begin + Math.round(free * place) + before, Math.min(whole, scaled)],
    };
  }
  const shown = clamp(Math.round(space.length / factor), 1, length);
  return {
    source: [begin + Math.round((length - shown) * place), shown],
    target: [space.begin, space.length],
  };
}

const rect = ([left, width]: [number, number], [top, height]: [number, number]): Rect => ({
  left,
  top,
  width,
  height,
});

function checkSize({ width, height }: Size, { maxPixels, maxSidePixels }: ImageLimits): void {
  if (width * height <= maxPixels && Math.max(width, height) <= maxSidePixels) return;
  throw failure('image-too-many-pixels', { result_width: width, result_height: height });
}
