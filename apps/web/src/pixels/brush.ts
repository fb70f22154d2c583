import type { Stroke } from './edit.js';
import type { Surface } from './canvas-surface.js';

/** Rings of a stamp from its rim inwards: part of the diameter, and how much each takes. A soft edge, cheaply. */
const RINGS: readonly (readonly [share: number, strength: number])[] = [
  [1, 0.3],
  [0.92, 0.45],
  [0.84, 0.65],
  [0.76, 1],
];

/** A stroke to paint, or the next piece of one. */
export type Piece = Pick<Stroke, 'mode' | 'size' | 'points'>;

function pathOf(points: readonly number[], scale: number): Path2D {
  const path = new Path2D();
  const [x = 0, y = 0] = points;
  path.moveTo(x * scale, y * scale);
  // A line to where it is: a press without a move leaves a dab.
  path.lineTo(x * scale, y * scale);
  for (let at = 2; at + 1 < points.length; at += 2)
    path.lineTo((points[at] ?? 0) * scale, (points[at + 1] ?? 0) * scale);
  return path;
}

/**
 * Paints a piece of a stroke on a cut-out that is scaled by `scale`: with `erase` the alpha goes, with `keep` the
 * photo comes back. Painted in the same pieces, a stroke looks the same each time.
 *
 * @param photo pattern of the photo at the cut-out's size
 */
export function paint(cutout: Surface, photo: CanvasPattern, piece: Piece, scale: number): void {
  const path = pathOf(piece.points, scale);
  cutout.save();
  cutout.lineCap = cutout.lineJoin = 'round';
  cutout.globalCompositeOperation = piece.mode === 'keep' ? 'source-over' : 'destination-out';
  cutout.strokeStyle = piece.mode === 'keep' ? photo : '#000';
  for (const [share, strength] of RINGS) {
    cutout.globalAlpha = strength;
    cutout.lineWidth = Math.max(1, piece.size * share * scale);
    cutout.stroke(path);
  }
  cutout.restore();
}

/** Paints a whole stroke, segment by segment, as it was painted the first time. */
export function paintStroke(cutout: Surface, photo: CanvasPattern, stroke: Stroke, scale: number): void {
  const { points } = stroke;
  paint(cutout, photo, { ...stroke, points: points.slice(0, 2) }, scale);
  for (let at = 2; at + 1 < points.length; at += 2)
    paint(cutout, photo, { ...stroke, points: points.slice(at - 2, at + 2) }, scale);
}
