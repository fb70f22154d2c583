import type { Look } from './edit.js';
import type { Surface } from './canvas-surface.js';
import { coverOf, type Rect, type Size } from './frame-geometry.js';

/** What stands behind, ready to be drawn. */
export interface Backdrop {
  colour?: string;
  picture?: ImageBitmap;
}

const SHADOW = { colour: 'rgb(0 0 0 / 42%)', blurShare: 0.035, dropShare: 0.016 };

/** Gets a background ready. @throws when its picture cannot be read */
export async function backdropOf({ background, format }: Look): Promise<Backdrop> {
  if (background.kind === 'image') return { picture: await createImageBitmap(background.image) };
  if (background.kind === 'colour') return { colour: background.colour };
  // JPEG knows no transparency.
  return format === 'jpg' ? { colour: '#fff' } : {};
}

function drawBackdrop(onto: Surface, { colour, picture }: Backdrop, frame: Rect): void {
  const { left, top, width, height } = frame;
  if (colour !== undefined) {
    onto.fillStyle = colour;
    onto.fillRect(left, top, width, height);
  }
  if (picture === undefined) return;
  const from = coverOf(picture, frame);
  onto.drawImage(picture, from.left, from.top, from.width, from.height, left, top, width, height);
}

/** What a cut-out is drawn with, and where: `frame` is where the whole of it goes, in pixels of the target. */
export interface Composition {
  cutout: CanvasImageSource;
  backdrop: Backdrop;
  shadow: boolean;
  frame: Rect;
  /** Where the background goes: the frame, or the part that is cropped to. */
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
    onto.shadowColor = SHADOW.colour;
    onto.shadowBlur = side * SHADOW.blurShare;
    onto.shadowOffsetY = side * SHADOW.dropShare;
  }
  onto.drawImage(cutout, frame.left, frame.top, frame.width, frame.height);
  onto.restore();
}

/** The frame of a whole picture of which `shown` is to fill a target, scaled. */
export const frameAround = (shown: Rect, whole: Size, scale: number): Rect => ({
  left: -shown.left * scale,
  top: -shown.top * scale,
  width: whole.width * scale,
  height: whole.height * scale,
});
