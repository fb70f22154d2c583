import type { Look } from './edit.js';
import type { Surface } from './canvas-surface.js';
import { coverOf, type Rect, type Size } from './frame-geometry.js';

/** A background, ready to be drawn. */
export interface Backdrop {
  color?: string;
  picture?: ImageBitmap;
}

const SHADOW = { color: 'rgb(0 0 0 / 42%)', blurShare: 0.035, dropShare: 0.016 };

/** Prepares a background. @throws Error if its image cannot be read */
export async function backdropOf({ background, format }: Look): Promise<Backdrop> {
  if (background.kind === 'image') return { picture: await createImageBitmap(background.image) };
  if (background.kind === 'color') return { color: background.color };
  // JPEG has no transparency.
  return format === 'jpg' ? { color: '#fff' } : {};
}

function drawBackdrop(onto: Surface, { color, picture }: Backdrop, frame: Rect): void {
  const { left, top, width, height } = frame;
  if (color !== undefined) {
    onto.fillStyle = color;
    onto.fillRect(left, top, width, height);
  }
  if (picture === undefined) return;
  const from = coverOf(picture, frame);
  onto.drawImage(picture, from.left, from.top, from.width, from.height, left, top, width, height);
}

/** A cutout to draw, its background and shadow. `frame` is the target of the whole cutout, in pixels. */
export interface Composition {
  cutout: CanvasImageSource;
  backdrop: Backdrop;
  shadow: boolean;
  frame: Rect;
  /** Target of the background: the frame, or its cropped part. */
  shown: Rect;
}

/** Draws background, shadow and cut-out. */
export function compose(onto: Surface, { cutout, backdrop, shadow, frame, shown }: Composition): void {
  onto.save();
  onto.beginPath();
  onto.rect(shown.left, shown.top, shown.width, shown.height);
  onto.clip();
  drawBackdrop(onto, backdrop, shown);
  if (shadow) {
    const side = Math.max(frame.width, frame.height);
    onto.shadowColor = SHADOW.color;
    onto.shadowBlur = side * SHADOW.blurShare;
    onto.shadowOffsetY = side * SHADOW.dropShare;
  }
  onto.drawImage(cutout, frame.left, frame.top, frame.width, frame.height);
  onto.restore();
}

/** The frame of a whole picture whose part `shown` fills the scaled target. */
export const frameAround = (shown: Rect, whole: Size, scale: number): Rect => ({
  left: -shown.left * scale,
  top: -shown.top * scale,
  width: whole.width * scale,
  height: whole.height * scale,
});
