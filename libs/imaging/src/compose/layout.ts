import type { Rect, Size } from '../raster/pixel-rect.js';

/** Layout of a result. All values are whole pixels. */
export interface Layout {
  /** Size of the result. */
  canvas: Size;
  /** Part of the image that is shown. */
  source: Rect;
  /** Its place on the canvas; resized when the sizes differ. Always within the canvas. */
  target: Rect;
  /** Place of the subject on the canvas; 0 × 0 when nothing is visible. */
  foreground: Rect;
}
