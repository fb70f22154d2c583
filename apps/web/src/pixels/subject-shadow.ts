import type { Shadow } from './edit.js';
import type { Size } from './frame-geometry.js';
import { blurPlane } from './plane-blur.js';

/** A kind of shadow that is drawn. */
export type ShadowKind = Exclude<Shadow['kind'], 'none'>;

/** Opacity up to which a pixel casts no shadow: faint residue of the mask would look like dirt. */
const MIN_ALPHA = 0.2;

/** Lengths are shares of the subject's longer side; `opacity` is that of full strength. */
interface Cast {
  opacity: number;
  softness: number;
  right: number;
  down: number;
}

const CASTS: Readonly<Record<'soft' | 'drop', Cast>> = {
  soft: { opacity: 0.62, softness: 0.034, right: 0, down: 0.026 },
  drop: { opacity: 0.72, softness: 0.012, right: 0.022, down: 0.03 },
};

/** What touches the ground: the part of the subject up to this share above its lowest pixel. */
const GROUND_SHARE = 0.09;
/** Two flat shadows on the ground: a dark core, and a wide pale one around it. */
const CORE = { opacity: 0.95, softness: 0.007, thickness: 0.014 };
const AROUND = { opacity: 0.8, softness: 0.024, thickness: 0.034 };

/** Room that a shadow needs around the subject, as a share of the subject's longer side. */
export const SHADOW_REACH = 0.15;

/** Adds a shadow: where both are, they darken one after the other. */
function darken(plane: Float32Array, by: Float32Array, opacity: number): void {
  for (const [at, value] of plane.entries()) plane[at] = 1 - (1 - value) * (1 - opacity * (by[at] ?? 0));
}

/** The subject moved, blurred and weakened. */
function castShadow(solid: Float32Array, { width, height }: Size, side: number, cast: Cast): Float32Array {
  const moved = new Float32Array(solid.length);
  const [dx, dy] = [Math.round(cast.right * side), Math.round(cast.down * side)];
  for (let y = Math.max(0, dy); y < height; y++) {
    for (let x = Math.max(0, dx); x < width; x++)
      moved[y * width + x] = solid[(y - dy) * width + x - dx] ?? 0;
  }
  blurPlane(moved, { width, height }, cast.softness * side);
  return moved.map((value) => value * cast.opacity);
}

/** Flat shadows where the subject stands on the ground. */
function contactShadow(solid: Float32Array, { width, height }: Size, side: number): Float32Array {
  const columns = Array.from({ length: width }, (_, x) => {
    let y = height - 1;
    while (y >= 0 && (solid[y * width + x] ?? 0) < 0.5) y--;
    return y;
  });
  const ground = Math.max(...columns);
  const shadow = new Float32Array(solid.length);
  for (const { opacity, softness, thickness } of [AROUND, CORE]) {
    const flat = new Float32Array(solid.length);
    const half = Math.max(0.5, (thickness * side) / 2);
    for (const [x, lowest] of columns.entries()) {
      if (lowest < 0 || ground - lowest > GROUND_SHARE * side) continue;
      for (let y = Math.max(0, Math.round(lowest - half)); y <= Math.min(height - 1, lowest + half); y++)
        flat[y * width + x] = 1;
    }
    blurPlane(flat, { width, height }, softness * side);
    darken(shadow, flat, opacity);
  }
  return shadow;
}

/**
 * Opacity of the shadow of a subject at full strength, 0 to 1.
 * @param alpha of the subject, 0 to 1, with room around it (`SHADOW_REACH`)
 * @param side longer side of the subject in pixels; all lengths are shares of it
 */
export function shadowPlane(alpha: Float32Array, size: Size, side: number, kind: ShadowKind): Float32Array {
  const solid = alpha.map((value) => Math.max(0, value - MIN_ALPHA) / (1 - MIN_ALPHA));
  return kind === 'contact' ? contactShadow(solid, size, side) : castShadow(solid, size, side, CASTS[kind]);
}
