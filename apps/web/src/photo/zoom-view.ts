import type { Size } from '../pixels/frame-geometry.js';

/** Maximum zoom, relative to the fitted picture. */
const MAX_ZOOM = 12;

/** A point relative to the center of the stage, in CSS pixels. */
export interface FromCenter {
  x: number;
  y: number;
}

/** The zoomed part of a picture on its stage. Lengths in CSS pixels. At zoom 1 the picture fits the stage. */
export class ZoomView {
  zoom = 1;
  /** Offset of the picture's center from the center of the stage. */
  x = 0;
  y = 0;

  /** True if the picture is larger than fitted. */
  get isZoomed(): boolean {
    return this.zoom > 1;
  }

  /** Fits the picture. */
  fit(): void {
    [this.zoom, this.x, this.y] = [1, 0, 0];
  }

  /** Zooms by a factor. The point `at` of the picture stays in place as far as the edges allow. */
  zoomBy(factor: number, picture: Size, stage: Size, at: FromCenter = { x: 0, y: 0 }): void {
    const next = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
    const ratio = next / this.zoom;
    this.zoom = next;
    this.moveTo(at.x - (at.x - this.x) * ratio, at.y - (at.y - this.y) * ratio, picture, stage);
  }

  /** Moves the picture. Its edges do not leave the edges of the stage, and a side that fits stays centered. */
  moveTo(x: number, y: number, picture: Size, stage: Size): void {
    const [roomX, roomY] = [this.room(picture.width, stage.width), this.room(picture.height, stage.height)];
    this.x = Math.min(roomX, Math.max(-roomX, x));
    this.y = Math.min(roomY, Math.max(-roomY, y));
  }

  private room(picture: number, stage: number): number {
    return Math.max(0, (picture * this.zoom - stage) / 2);
  }
}
