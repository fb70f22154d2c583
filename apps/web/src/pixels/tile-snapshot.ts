import type { Surface } from './canvas-surface.js';
import type { Rect } from './frame-geometry.js';

const SIDE = 256;

/** The part of a canvas that a stroke paints, as it was before. Copies a tile before it is painted for the first time. */
export class TileSnapshot {
  private readonly tiles = new Map<string, { left: number; top: number; canvas: OffscreenCanvas }>();

  constructor(private readonly surface: Surface) {}

  /** Number of copied tiles. */
  get count(): number {
    return this.tiles.size;
  }

  /** Copies the tiles of a rectangle that are not copied yet. Call before painting there. */
  save({ left, top, width, height }: Rect): void {
    const { canvas } = this.surface;
    const [right, bottom] = [Math.min(canvas.width, left + width), Math.min(canvas.height, top + height)];
    const start = (at: number): number => Math.floor(Math.max(0, at) / SIDE) * SIDE;
    for (let y = start(top); y < bottom; y += SIDE)
      for (let x = start(left); x < right; x += SIDE) this.copy(x, y);
  }

  /** Draws a rectangle of the canvas as it was before, scaled to fill `onto`. */
  drawBefore(onto: Surface, { left, top, width, height }: Rect): void {
    const [scaleX, scaleY] = [onto.canvas.width / width, onto.canvas.height / height];
    const { canvas } = this.surface;
    // Pixels beside the canvas are transparent.
    onto.clearRect(0, 0, onto.canvas.width, onto.canvas.height);
    if (scaleX === 1 && scaleY === 1) {
      onto.drawImage(canvas, -left, -top);
      this.restoreOnto(onto, -left, -top);
      return;
    }
    // A copy without seams, before it is scaled.
    const whole = new OffscreenCanvas(Math.ceil(width), Math.ceil(height)).getContext('2d');
    if (whole === null) throw new RangeError('no canvas');
    whole.drawImage(canvas, -left, -top);
    this.restoreOnto(whole, -left, -top);
    onto.drawImage(whole.canvas, 0, 0, whole.canvas.width * scaleX, whole.canvas.height * scaleY);
  }

  /** Brings back what was before. */
  restore(): void {
    this.restoreOnto(this.surface, 0, 0);
  }

  private restoreOnto(onto: Surface, dx: number, dy: number): void {
    for (const { left, top, canvas } of this.tiles.values()) {
      const [x, y] = [left + dx, top + dy];
      if (x + SIDE <= 0 || y + SIDE <= 0 || x >= onto.canvas.width || y >= onto.canvas.height) continue;
      onto.clearRect(x, y, canvas.width, canvas.height);
      onto.drawImage(canvas, x, y);
    }
  }

  private copy(left: number, top: number): void {
    const key = `${left},${top}`;
    if (this.tiles.has(key)) return;
    const { canvas } = this.surface;
    const tile = new OffscreenCanvas(
      Math.min(SIDE, canvas.width - left),
      Math.min(SIDE, canvas.height - top),
    );
    tile.getContext('2d')?.drawImage(canvas, -left, -top);
    this.tiles.set(key, { left, top, canvas: tile });
  }
}
