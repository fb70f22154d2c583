import { BoxFilter } from '../raster/box-filter.js';
import type { Size } from '../raster/pixel-rect.js';

/** Opacity from which a pixel belongs to the outline of what stands on the ground. */
const OUTLINE = 128;

/** A shadow on the ground. Lengths are shares of the subject's longer side. */
interface GroundLayer {
  /** Height above the ground at which a part of the subject casts about a third of it. */
  height: number;
  /** Distance from the ground line at which it has faded to about a third. */
  depth: number;
  /** Largest opacity, 0 to 1. */
  strength: number;
}

/** A dark core where the subject touches the ground, and a faint shadow of what is just above it. */
const LAYERS: readonly GroundLayer[] = [
  { height: 0.02, depth: 0.016, strength: 1 },
  { height: 0.12, depth: 0.05, strength: 0.5 },
];

/** Radius by which the steps of the outline are smoothed, as a share of the subject's longer side. */
const SMOOTHING = 0.015;

/**
 * Turns the opacity of a subject into its shadow on the ground, in place. The ground is a horizontal line below the subject. Each
 * column casts the less, the higher its lowest pixel is above the ground, so that the shadow thins out along a round edge.
 * @param data one byte a pixel
 * @param reach longer side of the subject, pixels of the plane
 */
export function castOnGround(data: Uint8Array, size: Size, { reach }: { reach: number }): void {
  const lowest = lowestOf(data, size);
  const ground = lowest.reduce((one, other) => Math.max(one, other), -1);
  data.fill(0);
  if (ground < 0) return;
  const { width, height } = size;
  for (const layer of LAYERS) {
    const cast = castOf(lowest, ground, { reach, layer });
    for (let x = 0; x < width; x += 1) {
      const share = cast[x] as number;
      // The shadow of a column that casts less is also less deep: its outline is round.
      const depth = Math.max(0.5, layer.depth * reach * Math.sqrt(share));
      for (let y = 0, at = x; y < height; y += 1, at += width) {
        const value = 255 * layer.strength * share * fading((y - ground) / depth);
        data[at] = Math.max(data[at] as number, Math.round(value));
      }
    }
  }
}

const fading = (distance: number): number => Math.exp(-distance * distance);

/** Row of the lowest pixel of the outline in each column; -1 if there is none. */
function lowestOf(data: Uint8Array, { width, height }: Size): Int32Array {
  const lowest = new Int32Array(width).fill(-1);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) if ((data[at] as number) >= OUTLINE) lowest[x] = y;
  }
  return lowest;
}

/** How much each column casts, 0 to 1. */
function castOf(
  lowest: Int32Array,
  ground: number,
  { reach, layer }: { reach: number; layer: GroundLayer },
): Float32Array {
  const cast = Float32Array.from(lowest, (y) => (y < 0 ? 0 : fading((ground - y) / (layer.height * reach))));
  const smooth = new Float32Array(cast.length);
  const filter = new BoxFilter({ width: cast.length, height: 1 });
  filter.apply(smooth, cast, Math.max(1, Math.round(SMOOTHING * reach)));
  filter.wipe();
  return smooth;
}
