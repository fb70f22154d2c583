import type { Surface } from './canvas-surface.js';
import { coverOf, gradientLine, type Rect, type Size } from './frame-geometry.js';
import type { Backdrop, Scene } from './look-layers.js';

/** Where a picture is drawn: its corner on the target, and target pixels per picture pixel. */
export interface Placement {
  x: number;
  y: number;
  scale: number;
}

/** A cutout to draw, with what is below it. */
export interface Composition {
  cutout: CanvasImageSource;
  /** Size of the whole picture. */
  size: Size;
  scene: Scene;
  place: Placement;
}

/** The placement with which a part of a picture begins at the corner of the target. */
export const placeOf = (kept: Rect, scale: number): Placement => ({
  x: -kept.left * scale,
  y: -kept.top * scale,
  scale,
});

/** A rectangle of a picture on the target. */
export const placed = ({ left, top, width, height }: Rect, { x, y, scale }: Placement): Rect => ({
  left: x + left * scale,
  top: y + top * scale,
  width: width * scale,
  height: height * scale,
});

/** Draws an image into a rectangle. */
export function drawIn(onto: Surface, image: CanvasImageSource, { left, top, width, height }: Rect): void {
  onto.drawImage(image, left, top, width, height);
}

function drawBackdrop(onto: Surface, { color, gradient, picture }: Backdrop, frame: Rect): void {
  const { left, top, width, height } = frame;
  if (gradient !== undefined) {
    const fill = onto.createLinearGradient(...gradientLine(frame, gradient.angle));
    for (const [at, stop] of gradient.colors.entries()) fill.addColorStop(at, stop);
    onto.fillStyle = fill;
    onto.fillRect(left, top, width, height);
  }
  if (color !== undefined) {
    onto.fillStyle = color;
    onto.fillRect(left, top, width, height);
  }
  if (picture === undefined) return;
  const from = coverOf(picture, frame);
  onto.save();
  onto.imageSmoothingEnabled = true;
  onto.imageSmoothingQuality = 'high';
  onto.drawImage(picture, from.left, from.top, from.width, from.height, left, top, width, height);
  onto.restore();
}

/** Draws background, shadow and cutout within the canvas of the result. */
export function compose(onto: Surface, { cutout, size, scene, place }: Composition): void {
  const { left, top, width, height } = placed(scene.kept, place);
  onto.save();
  onto.beginPath();
  onto.rect(left, top, width, height);
  onto.clip();
  drawBackdrop(onto, scene.backdrop, { left, top, width, height });
  if (scene.shadow !== undefined) {
    onto.save();
    onto.globalAlpha = scene.shadow.opacity;
    onto.imageSmoothingEnabled = true;
    drawIn(onto, scene.shadow.layer.image, placed(scene.shadow.layer.rect, place));
    onto.restore();
  }
  drawIn(onto, cutout, placed({ left: 0, top: 0, ...size }, place));
  onto.restore();
}
