import { fullOf, type AnyRaster } from './raster-shape.js';
import { rectOf, type Rect } from './pixel-rect.js';

/** Least alpha that counts as visible, 5 %: networks leave a haze below that, which would make every box too large. */
const MIN_VISIBLE = 13;

/** The smallest rectangle around everything visible in the rows that it was shown, in any order. */
export class ForegroundBox {
  #left = Infinity;
  #top = Infinity;
  #right = 0;
  #bottom = 0;

  /** Looks at the pixels `from` to `to` − 1 of row `y`, R G B A, beside which nothing is visible. */
  look(row: Uint8Array, y: number, from: number, to: number): void {
    const isVisible = (x: number): boolean => (row[4 * x + 3] as number) >= MIN_VISIBLE;
    let [first, end] = [from, to];
    while (first < end && !isVisible(first)) first += 1;
    if (first >= end) return;
    while (!isVisible(end - 1)) end -= 1;
    this.#left = Math.min(this.#left, first);
    this.#right = Math.max(this.#right, end);
    this.#top = Math.min(this.#top, y);
    this.#bottom = Math.max(this.#bottom, y + 1);
  }

  /** Undefined when nothing is visible. */
  get rect(): Rect | undefined {
    return this.#bottom === 0 ? undefined : rectOf(this.#left, this.#top, this.#right, this.#bottom);
  }
}

/** True when no pixel is transparent at all. */
export function isOpaque({ data }: AnyRaster): boolean {
  const full = fullOf(data);
  for (let at = 3; at < data.length; at += 4) if (data[at] !== full) return false;
  return true;
}
