import { boundsOf, paint, paintStroke, type Segment } from './brush.js';
import { surfaceWith, type Surface } from './canvas-surface.js';
import { isPrefixOf, type Stroke } from './edit.js';
import { fitted, type Size } from './frame-geometry.js';
import { refineStroke } from './stroke-refinement.js';
import { TileSnapshot } from './tile-snapshot.js';

/** Longer side of the small copy, for zoomed-out views, the search for the subject, and previews. */
export const SMALL_SIDE = 1536;
/** Tiles of strokes that are kept to undo them at once: about 96 MB. */
const MAX_TILES = 384;

interface Level {
  scale: number;
  base: CanvasImageSource;
  cutout: Surface;
  /** The photo at the size of the cutout. */
  picture: CanvasImageSource;
  photo: CanvasPattern;
  size: Size;
}

/** A painted stroke and what was below it, by level. */
interface Painted {
  id: number;
  before: readonly TileSnapshot[];
  /** True while it is being painted, and until it is applied. */
  isLive: boolean;
}

function levelOf(photo: ImageBitmap, cutout: ImageBitmap, side: number): Level {
  const { width, height, scale } = fitted(cutout, side);
  const size = { width, height };
  const surface = surfaceWith(cutout, size);
  const same = scale === 1 && photo.width === width && photo.height === height;
  const picture = same ? photo : surfaceWith(photo, size).canvas;
  const pattern = surface.createPattern(picture, 'no-repeat');
  if (pattern === null) throw new TypeError('the photo makes no pattern');
  const base = scale === 1 ? cutout : surfaceWith(cutout, size).canvas;
  return { scale, base, cutout: surface, picture, photo: pattern, size };
}

/** A cutout with strokes, at full size and as a small copy. Strokes are painted on both. */
export class LayeredPicture {
  private readonly known = new Map<number, Stroke>();
  private done: number[] = [];
  /** The last strokes of `done`, with what undoes them. */
  private readonly undoable: Painted[] = [];
  /** Segments that arrive while strokes are applied. */
  private waiting: (() => void)[] | undefined;

  private constructor(
    readonly photo: ImageBitmap,
    readonly size: Size,
    private readonly levels: readonly Level[],
  ) {}

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

  /** The photo at the size of the smallest copy. It may be `photo` itself. */
  get smallPhoto(): CanvasImageSource {
    return this.levels.at(-1)?.picture ?? this.photo;
  }

  /** Starts or continues a stroke, as the plain brush. */
  extend(id: number, segment: Segment): void {
    if (this.waiting !== undefined) {
      this.waiting.push(() => this.extend(id, segment));
      return;
    }
    const known = this.known.get(id);
    if (known === undefined) this.start(id);
    // A segment starts with the last point of the previous one.
    const fresh = known === undefined ? segment.points : segment.points.slice(2);
    this.known.set(id, { ...segment, id, points: [...(known?.points ?? []), ...fresh] });
    this.saveBelow(segment);
    for (const { cutout, photo, scale } of this.levels) paint(cutout, photo, segment, scale);
  }

  /** Applies strokes in place of the previous ones. Paints and removes only what differs if possible. */
  async apply(strokes: readonly Stroke[]): Promise<void> {
    this.waiting ??= [];
    try {
      const wanted = strokes.map(({ id }) => id);
      for (const stroke of strokes) this.known.set(stroke.id, stroke);
      this.undoUntilPrefixOf(wanted);
      const live = this.undoable.at(-1);
      if (live?.isLive === true) {
        live.isLive = false;
        const stroke = this.known.get(live.id);
        if (stroke?.isRefined === true) await this.refine(stroke);
      }
      for (const stroke of strokes.slice(this.done.length)) await this.add(stroke);
    } finally {
      const { waiting } = this;
      this.waiting = undefined;
      for (const extend of waiting) extend();
    }
  }

  private start(id: number): void {
    this.done.push(id);
    const before = this.levels.map(({ cutout }) => new TileSnapshot(cutout));
    this.undoable.push({ id, before, isLive: true });
    const countOf = (painted: Painted): number => painted.before.reduce((sum, { count }) => sum + count, 0);
    let count = this.undoable.reduce((sum, painted) => sum + countOf(painted), 0);
    while (count > MAX_TILES && this.undoable.length > 1) {
      const [oldest] = this.undoable.splice(0, 1);
      if (oldest !== undefined) count -= countOf(oldest);
    }
  }

  /** Keeps what is below a segment of the last stroke. */
  private saveBelow(segment: Segment): void {
    const bounds = boundsOf(segment);
    for (const [at, { scale }] of this.levels.entries())
      this.undoable.at(-1)?.before[at]?.save({
        left: Math.floor(bounds.left * scale) - 1,
        top: Math.floor(bounds.top * scale) - 1,
        width: Math.ceil(bounds.width * scale) + 3,
        height: Math.ceil(bounds.height * scale) + 3,
      });
  }

  private async add(stroke: Stroke): Promise<void> {
    this.start(stroke.id);
    const painted = this.undoable.at(-1);
    if (painted !== undefined) painted.isLive = false;
    const { points } = stroke;
    for (let at = 0; at < points.length; at += 2)
      this.saveBelow({ ...stroke, points: points.slice(Math.max(0, at - 2), at + 2) });
    if (stroke.isRefined === true && (await this.refine(stroke))) return;
    for (const { cutout, photo, scale } of this.levels) paintStroke(cutout, photo, stroke, scale);
  }

  /** Refines the last stroke. Returns false if it stays as it is. */
  private refine(stroke: Stroke): Promise<boolean> {
    const before = this.undoable.at(-1)?.before ?? [];
    const levels = this.levels.flatMap((level, at) => {
      const snapshot = before[at];
      return snapshot === undefined ? [] : [{ ...level, before: snapshot }];
    });
    return refineStroke({ size: this.size, levels }, stroke);
  }

  /** Removes strokes until the rest is the start of `wanted`. */
  private undoUntilPrefixOf(wanted: readonly number[]): void {
    while (!isPrefixOf(this.done, wanted)) {
      const last = this.undoable.pop();
      if (last === undefined) {
        this.reset();
        return;
      }
      for (const snapshot of last.before) snapshot.restore();
      this.done.pop();
    }
  }

  private reset(): void {
    this.done = [];
    for (const { cutout, base, size } of this.levels) {
      cutout.clearRect(0, 0, size.width, size.height);
      cutout.drawImage(base, 0, 0, size.width, size.height);
    }
  }
}
