import type { JobOptions } from '#contracts/job-options.js';
import { parseColor, type Color } from '#contracts/option-color.js';
import { parseBlur, parseOffset } from '#contracts/option-shadow.js';
import type { Length } from '#contracts/option-values.js';
import { wipe } from '#crypto/wipe.js';
import { clamp, type Rect, type Size } from '../raster/pixel-rect.js';
import { alphaPlane, type AnyRaster, type Mask } from '../raster/raster.js';
import { sharp } from '../raster/sharp.js';
import { castOnGround } from './ground-shadow.js';

/** Options of a shadow. */
export type ShadowOptions = Pick<
  JobOptions,
  'shadow' | 'shadow_opacity' | 'shadow_blur' | 'shadow_offset' | 'shadow_color'
>;

/** Kinds of shadow. */
type ShadowKind = Exclude<JobOptions['shadow'], 'none'>;

/** A shadow: its opacity, one byte a pixel, and its color, whose alpha is part of the opacity. */
export interface Shadow extends Size {
  data: Uint8Array;
  color: Color;
}

/** How a shadow looks. Lengths are shares of the subject's longer side. */
interface Look {
  /** 0 to 1 */
  opacity: number;
  /** Standard deviation. */
  blur: number;
  x: number;
  y: number;
}

const LOOKS: Readonly<Record<ShadowKind, Look>> = {
  soft: { opacity: 0.4, blur: 0.02, x: 0, y: 0.025 },
  drop: { opacity: 0.45, blur: 0.015, x: 0.02, y: 0.03 },
  contact: { opacity: 0.7, blur: 0.012, x: 0, y: 0 },
};

/**
 * The shadow is computed on a grid with this longest side, or a finer one where its blur has fewer cells than this: a blurred shadow
 * needs no finer one.
 */
const GRID_SIDE = 320;
const MIN_SIGMA_CELLS = 2;
/** Blur of a shadow without one, in cells: rounds off the steps of the grid. */
const MIN_SIGMA = 0.3;
/** Opacity up to which a pixel casts no shadow: faint residue of the model's mask would look like dirt. */
const MIN_OPACITY = 51;

const BLACK: Color = { red: 0, green: 0, blue: 0, alpha: 255 };

/**
 * The shadow of a cut-out, in its size: what casts it on a small grid, moved, blurred and enlarged.
 * @param subject box of the subject; its longer side determines blur and offset
 * @param outline casts a shadow as well
 * @returns undefined without a shadow
 */
export async function shadowOf(
  image: AnyRaster,
  subject: Rect,
  options: ShadowOptions,
  outline?: Mask,
): Promise<Shadow | undefined> {
  if (options.shadow === 'none') return undefined;
  const { width, height } = image;
  const reach = Math.max(subject.width, subject.height);
  const look = lookOf(options, options.shadow, reach);
  const grid = gridFor(image, look.blur);
  const ratio = grid.width / width;
  const alpha = alphaPlane(image);
  outline?.data.forEach((opacity, i) => {
    if (opacity > (alpha[i] as number)) alpha[i] = opacity;
  });
  const cast = await resized(alpha, { width, height }, grid).finally(() => wipe(alpha));
  solidOnly(cast);
  if (options.shadow === 'contact') castOnGround(cast, grid, { reach: reach * ratio });
  move(cast, grid, { x: Math.round(look.x * ratio), y: Math.round(look.y * ratio) });
  const raw = { ...grid, channels: 1 } as const;
  const blurred = sharp(cast, { raw })
    .blur(Math.max(MIN_SIGMA, look.blur * ratio))
    .toColourspace('b-w')
    .raw();
  const soft = await blurred.toBuffer().finally(() => wipe(cast));
  const color = colorOf(options.shadow_color);
  const strength = (look.opacity * color.alpha) / 255;
  for (let i = 0; i < soft.length; i += 1) soft[i] = Math.round((soft[i] as number) * strength);
  const data = await resized(soft, grid, { width, height }).finally(() => wipe(soft));
  return { data, width, height, color };
}

const colorOf = (text: string | undefined): Color =>
  text === undefined ? BLACK : (parseColor(text) ?? BLACK);

/** The look of a shadow with its lengths in pixels. @param reach longer side of the subject */
function lookOf(options: ShadowOptions, kind: ShadowKind, reach: number): Look {
  const standard = LOOKS[kind];
  const blur = options.shadow_blur === undefined ? undefined : parseBlur(options.shadow_blur);
  const offset = options.shadow_offset === undefined ? undefined : parseOffset(options.shadow_offset);
  const pixels = (length: Length | undefined, share: number): number => {
    if (length === undefined) return share * reach;
    return length.unit === 'px' ? length.value : (length.value * reach) / 100;
  };
  return {
    opacity: options.shadow_opacity === undefined ? standard.opacity : options.shadow_opacity / 100,
    blur: pixels(blur, standard.blur),
    x: pixels(offset?.x, standard.x),
    y: pixels(offset?.y, standard.y),
  };
}

function gridFor({ width, height }: Size, blur: number): Size {
  const longer = Math.max(width, height);
  const ratio = Math.min(1, Math.max(GRID_SIDE / longer, MIN_SIGMA_CELLS / Math.max(blur, MIN_SIGMA)));
  return { width: Math.ceil(width * ratio), height: Math.ceil(height * ratio) };
}

/** A plane of one byte a pixel, resized. */
const resized = (plane: Uint8Array, from: Size, to: Size): Promise<Buffer> =>
  sharp(plane, { raw: { ...from, channels: 1 }, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();

/** Removes faint opacity and stretches the rest to the full range. */
function solidOnly(data: Buffer): void {
  for (let i = 0; i < data.length; i += 1) {
    data[i] = Math.round((Math.max(0, (data[i] as number) - MIN_OPACITY) * 255) / (255 - MIN_OPACITY));
  }
}

/** Moves a plane. What comes in at a border repeats it, so that the shadow of a subject that is cut off there goes on. */
function move(data: Buffer, { width, height }: Size, { x: dx, y: dy }: { x: number; y: number }): void {
  if (dx === 0 && dy === 0) return;
  const before = Buffer.from(data);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = width * clamp(y - dy, 0, height - 1);
    for (let x = 0; x < width; x += 1, at += 1)
      data[at] = before[row + clamp(x - dx, 0, width - 1)] as number;
  }
  wipe(before);
}
