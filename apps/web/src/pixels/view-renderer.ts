import { surfaceOf, type Surface } from './canvas-surface.js';
import { compose, placed } from './compose.js';
import type { Rect } from './frame-geometry.js';
import type { LayeredPicture } from './layered-picture.js';
import type { Scene } from './look-layers.js';
import type { View } from './pixel-messages.js';

/** A picture with its canvas, background and shadow. */
export interface Shown {
  picture: LayeredPicture;
  scene: Scene;
}

const CHECK_PX = 12;

function checkerboard(onto: Surface, [a, b]: View['checks'], ratio: number): CanvasPattern | string {
  const side = Math.round(CHECK_PX * ratio);
  const tile = surfaceOf({ width: side * 2, height: side * 2 });
  tile.fillStyle = a;
  tile.fillRect(0, 0, side * 2, side * 2);
  tile.fillStyle = b;
  tile.fillRect(0, 0, side, side);
  tile.fillRect(side, side, side, side);
  return onto.createPattern(tile.canvas, 'repeat') ?? a;
}

function drawOriginal(onto: Surface, { photo }: LayeredPicture, frame: Rect, split: number): void {
  if (split <= 0) return;
  onto.save();
  onto.beginPath();
  onto.rect(frame.left, frame.top, frame.width * split, frame.height);
  onto.clip();
  onto.drawImage(photo, frame.left, frame.top, frame.width, frame.height);
  onto.restore();
  if (split >= 1) return;
  onto.fillStyle = '#fff';
  onto.fillRect(frame.left + frame.width * split - 1, frame.top, 2, frame.height);
}

/** Draws a picture as panned and zoomed by a view. */
export function renderView(onto: Surface, shown: Shown, view: View): void {
  const { canvas } = onto;
  if (canvas.width !== view.width) canvas.width = view.width;
  if (canvas.height !== view.height) canvas.height = view.height;
  onto.clearRect(0, 0, view.width, view.height);
  const { picture, scene } = shown;
  const frame = placed({ left: 0, top: 0, ...picture.size }, view);
  const kept = placed(scene.kept, view);
  onto.fillStyle = checkerboard(onto, view.checks, view.ratio);
  for (const { left, top, width, height } of [frame, kept]) onto.fillRect(left, top, width, height);
  const source = picture.at(view.scale);
  // No smoothing at high zoom, so that single pixels are visible.
  onto.imageSmoothingEnabled = view.scale < 3;
  onto.imageSmoothingQuality = 'medium';
  compose(onto, { cutout: source.canvas, size: picture.size, scene, place: view });
  drawOriginal(onto, picture, frame, view.split);
  dim(onto, frame, kept, view.veil);
}

/** Dims the part of the picture that is outside of the canvas of the result. */
function dim(onto: Surface, frame: Rect, kept: Rect, color: string): void {
  onto.save();
  onto.beginPath();
  onto.rect(0, 0, onto.canvas.width, onto.canvas.height);
  onto.rect(kept.left, kept.top, kept.width, kept.height);
  onto.clip('evenodd');
  onto.globalAlpha = 0.8;
  onto.fillStyle = color;
  onto.fillRect(frame.left, frame.top, frame.width, frame.height);
  onto.restore();
}
