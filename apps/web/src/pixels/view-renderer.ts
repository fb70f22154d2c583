import { surfaceOf, type Surface } from './canvas-surface.js';
import { compose, type Backdrop } from './compose.js';
import type { Rect } from './frame-geometry.js';
import type { LayeredPicture } from './layered-picture.js';
import type { View } from './pixel-messages.js';

/** A picture with its background, shadow and crop. */
export interface Shown {
  picture: LayeredPicture;
  backdrop: Backdrop;
  shadow: boolean;
  /** The part inside the crop, in picture pixels. */
  kept: Rect;
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
  const { picture, kept } = shown;
  const place = ({ left, top, width, height }: Rect): Rect => ({
    left: view.x + left * view.scale,
    top: view.y + top * view.scale,
    width: width * view.scale,
    height: height * view.scale,
  });
  const frame = place({ left: 0, top: 0, ...picture.size });
  onto.fillStyle = checkerboard(onto, view.checks, view.ratio);
  onto.fillRect(frame.left, frame.top, frame.width, frame.height);
  const source = picture.at(view.scale);
  // No smoothing at high zoom, so that single pixels are visible.
  onto.imageSmoothingEnabled = view.scale < 3;
  onto.imageSmoothingQuality = 'medium';
  const { backdrop, shadow } = shown;
  compose(onto, { cutout: source.canvas, backdrop, shadow, frame, shown: place(kept) });
  drawOriginal(onto, picture, frame, view.split);
  dim(onto, frame, place(kept), view.veil);
}

/** Dims the part that a crop removes. */
function dim(onto: Surface, frame: Rect, kept: Rect, color: string): void {
  if (kept.width >= frame.width && kept.height >= frame.height) return;
  onto.save();
  onto.globalAlpha = 0.8;
  onto.fillStyle = color;
  onto.beginPath();
  onto.rect(frame.left, frame.top, frame.width, frame.height);
  onto.rect(kept.left, kept.top, kept.width, kept.height);
  onto.fill('evenodd');
  onto.restore();
}
