import { paint, paintStroke, type Segment } from './brush.js';
import { surfaceWith, type Surface } from './canvas-surface.js';
import { isPrefixOf, type Stroke } from './edit.js';
import { fitted, type Size } from './frame-geometry.js';

/** Longer side of the small copy, for zoomed-out views, the search for the subject, and previews. */
export const SMALL_SIDE = 1536;

interface Level {
  scale: number;
  base: CanvasImageSource;
  cutout: Surface;
  photo: CanvasPattern;
  size: Size;
}

function levelOf(photo: ImageBitmap, cutout: ImageBitmap, side: number): Level {
  const { width, height, scale } = fitted(cutout, side);
  const size = { width, height };
  const surface = surfaceWith(cutout, size);
  const same = scale === 1 && photo.width === width && photo.height === height;
  const pattern = surface.createPattern(same ? photo : surfaceWith(photo, size).canvas, 'no-repeat');
  if (pattern === null) throw new TypeError('the photo makes no pattern');
  const base = scale === 1 ? cutout : surfaceWith(cutout, size).canvas;
  return { scale, base, cutout: surface, photo: pattern, size };
}

/** A cutout with strokes, at full size and as a small copy. Strokes are painted on both. */
export class LayeredPicture {
  private readonly levels: Level[];
  private readonly known = new Map<number, Stroke>();
  private done: number[] = [];

  private constructor(
    readonly photo: ImageBitmap,
    readonly size: Size,
    levels: Level[],
  ) {
    this.levels = levels;
  }

  /**
   * Decodes both images.
   * @param side longer side of the result in pixels. Default: full size
   * @throws Error if an image cannot be read | TooLargeForCanvas
   */
  static async open(photo: Blob, cutout: Blob, side = Infinity): Promise<LayeredPicture> {
    const [before, after] = await Promise.all([createImageBitmap(photo), createImageBitmap(cutout)]);
    const size = { width: after.width, height: after.height };
    const isLarge = Math.min(side, Math.max(size.width, size.height)) > SMALL_SIDE;
    const sides = isLarge ? [side, SMALL_SIDE] : [side];
    const levels = sides.map((one) => levelOf(before, after, one));
    return new LayeredPicture(before, size, levels);
  }

  /** The edited cutout in the smallest copy of at least `scale`, otherwise at full size. */
  at(scale: number): { canvas: OffscreenCanvas; scale: number } {
    const level = this.levels.findLast((one) => one.scale >= scale) ?? this.levels[0];
    if (level === undefined) throw new RangeError('no level');
    return { canvas: level.cutout.canvas, scale: level.scale };
  }

  /** Starts or continues a stroke. */
  extend(id: number, segment: Segment): void {
    const known = this.known.get(id);
    if (known === undefined) this.done.push(id);
    // A segment starts with the last point of the previous one.
    const fresh = known === undefined ? segment.points : segment.points.slice(2);
    this.known.set(id, { ...segment, id, points: [...(known?.points ?? []), ...fresh] });
    for (const { cutout, photo, scale } of this.levels) paint(cutout, photo, segment, scale);
  }

  /** Applies strokes in place of the previous ones. Paints only what is missing if possible. */
  apply(strokes: readonly Stroke[]): void {
    const wanted = strokes.map(({ id }) => id);
    for (const stroke of strokes) this.known.set(stroke.id, stroke);
    if (!isPrefixOf(this.done, wanted)) this.reset();
    for (const stroke of strokes.slice(this.done.length)) {
      for (const { cutout, photo, scale } of this.levels) paintStroke(cutout, photo, stroke, scale);
    }
    this.done = wanted;
  }

  private reset(): void {
    this.done = [];
    for (const { cutout, base, size } of this.levels) {
      cutout.clearRect(0, 0, size.width, size.height);
      cutout.drawImage(base, 0, 0, size.width, size.height);
    }
  }
}
