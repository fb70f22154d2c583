import type { Stroke } from './edit.js';
import type { Surface } from './canvas-surface.js';
import type { Rect } from './frame-geometry.js';

/** Soft edge of the brush: concentric strokes with a part of the diameter and an opacity. */
const RINGS: readonly (readonly [share: number, strength: number])[] = [
  [1, 0.3],
  [0.92, 0.45],
  [0.84, 0.65],
  [0.76, 1],
];

/** A stroke, or the next segment of one. */
export type Segment = Pick<Stroke, 'mode' | 'size' | 'points'>;

function pathOf(points: readonly number[], scale: number): Path2D {
  const path = new Path2D();
  const [x = 0, y = 0] = points;
  path.moveTo(x * scale, y * scale);
  // A line to the same point: a press without a move paints a dot.
  path.lineTo(x * scale, y * scale);
  for (let at = 2; at + 1 < points.length; at += 2)
    path.lineTo((points[at] ?? 0) * scale, (points[at + 1] ?? 0) * scale);
  return path;
}

/** The rectangle that a segment paints in, in pixels of the picture. */
export function boundsOf({ size, points }: Segment): Rect {
  const xs = points.filter((_, at) => at % 2 === 0);
  const ys = points.filter((_, at) => at % 2 === 1);
  const start = (values: number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity) - size / 2;
  const end = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity) + size / 2;
  const [left, top] = [start(xs), start(ys)];
  return { left, top, width: end(xs) - left, height: end(ys) - top };
}

/**
 * Paints a segment of a stroke on a cutout that is scaled by `scale`: `erase` removes the alpha, `keep` restores the photo.
 * The same segments always give the same pixels.
 * @param photo pattern of the photo at the size of the cutout
 */
export function paint(cutout: Surface, photo: CanvasPattern, segment: Segment, scale: number): void {
  const path = pathOf(segment.points, scale);
  cutout.save();
  cutout.lineCap = cutout.lineJoin = 'round';
  cutout.globalCompositeOperation = segment.mode === 'keep' ? 'source-over' : 'destination-out';
  cutout.strokeStyle = segment.mode === 'keep' ? photo : '#000';
  for (const [share, strength] of RINGS) {
    cutout.globalAlpha = strength;
    cutout.lineWidth = Math.max(1, segment.size * share * scale);
    cutout.stroke(path);
  }
  cutout.restore();
}

/** Paints a whole stroke, segment by segment as before. */
export function paintStroke(cutout: Surface, photo: CanvasPattern, stroke: Stroke, scale: number): void {
  const { points } = stroke;
  paint(cutout, photo, { ...stroke, points: points.slice(0, 2) }, scale);
  for (let at = 2; at + 1 < points.length; at += 2)
    paint(cutout, photo, { ...stroke, points: points.slice(at - 2, at + 2) }, scale);
}
