import { failure } from '#contracts/failure-facts.js';
import { maskError } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { decodeFull, readImageHeader, type ModelFrame } from '../decode/decode.js';
import type { ImageLimits } from '../formats/image-facts.js';
import { openImage, type OpenedImage } from '../guard/image-opening.js';
import { isSameProportion, scaledRect, type Rect, type Size } from '../raster/pixel-rect.js';
import { isOpaque, type Mask, type Raster, type RgbRaster } from '../raster/raster.js';
import { resampled } from './plane-resampling.js';
import { solveTrimap, UNKNOWN } from './closed-form.js';

/** Longest side of the grid on which the edges of a mask are refined, in cells. */
const MATTE_SIDE = 1024;
/** The same for a trimap, whose unknown cells are solved for. */
const TRIMAP_SIDE = 512;
/** Shortest side of a grid, if the image has as many pixels. */
const MIN_SIDE = 32;

/** Largest distance of a value from 0, 128 or 255 in a trimap. Lossy files have such distances at edges. */
const NEAR = 16;
/** Smallest share of values near 0, 128 or 255 in a trimap, and smallest share near 128. */
const LEVELS_SHARE = 0.99;
const UNKNOWN_SHARE = 0.01;

/** A mask of the client, for one image. It contains shapes of the image; the owner wipes it. */
export class OwnMask {
  private constructor(
    /** Opacity in the size to which the image is decoded; of a trimap 0, 255 and `UNKNOWN`. */
    readonly levels: Mask,
    readonly isTrimap: boolean,
  ) {}

  /**
   * Decodes a mask: the alpha of the file if it is not opaque, else its luminance.
   * @param file encoded mask; its metadata is removed in place
   * @param image size of the upright image
   * @param decoded size to which the image is decoded
   * @throws Problem `mask-mismatch` when its proportions differ from the image's | `mask-corrupt` |
   * `image-type-unsupported` | `image-too-many-pixels` | `image-too-complex`
   */
  static async decode(
    file: Buffer,
    { image, decoded, limits }: { image: Size; decoded: Size; limits: ImageLimits },
  ): Promise<OwnMask> {
    let opened: OpenedImage | undefined;
    let raster: Raster | undefined;
    try {
      opened = openImage(file, limits);
      requireSameProportion(await readImageHeader(opened.image), image);
      raster = await decodeFull(opened.image, limits.maxPixels);
      const plane = { data: opacityOf(raster), width: raster.width, height: raster.height };
      return OwnMask.of(plane, decoded);
    } catch (error) {
      throw maskError(error);
    } finally {
      wipe(raster?.data);
      opened?.wipe();
    }
  }

  /** A mask in the size `to`. @param plane is wiped, unless it becomes a part of the mask */
  static of(plane: Mask, to: Size): OwnMask {
    const isTrimap = looksLikeTrimap(plane.data);
    if (isTrimap)
      for (let i = 0; i < plane.data.length; i += 1) plane.data[i] = levelOf(plane.data[i] as number);
    const levels = resampled(plane, to, isTrimap ? 'nearest' : 'area');
    if (levels.data !== plane.data) wipe(plane.data);
    return new OwnMask(levels, isTrimap);
  }

  /** Size of the grid for a part of the image of this size. */
  frameFor({ width, height }: Size): ModelFrame {
    const longest = this.isTrimap ? TRIMAP_SIDE : MATTE_SIDE;
    const scale = Math.min(1, longest / Math.max(width, height));
    const cells = (pixels: number): number =>
      Math.max(Math.round(scale * pixels), Math.min(pixels, MIN_SIDE));
    return { width: cells(width), height: cells(height), kernel: 'lanczos3' };
  }

  /**
   * Opacity on the grid of a picture. The unknown cells of a trimap are solved for.
   * @param image size of the upright image
   * @param region part of it that the picture shows; the whole image when undefined
   * @returns a mask that the caller wipes
   */
  onGrid(picture: RgbRaster, image: Size, region: Rect | undefined): Mask {
    const { levels, isTrimap } = this;
    const part = cropped(levels, region && scaledRect(region, image, levels));
    const grid = resampled(part, picture, 'area');
    if (part.data !== levels.data && part.data !== grid.data) wipe(part.data);
    const mask = grid.data === levels.data ? { ...grid, data: Uint8Array.from(grid.data) } : grid;
    if (isTrimap) {
      for (let i = 0; i < mask.data.length; i += 1) {
        const value = mask.data[i] as number;
        // A cell with any unknown pixel, or with pixels of both kinds, is unknown.
        if (value !== 0 && value !== 255) mask.data[i] = UNKNOWN;
      }
      solveTrimap(picture.data, mask);
    }
    return mask;
  }

  /** Overwrites the mask. */
  wipe(): void {
    wipe(this.levels.data);
  }
}

function requireSameProportion(mask: Size, image: Size): void {
  if (isSameProportion(mask, image)) return;
  throw failure('mask-mismatch', {
    ...{ mask_width: mask.width, mask_height: mask.height },
    ...{ image_width: image.width, image_height: image.height },
  });
}

/** Opacity that a decoded mask describes, one byte a pixel. */
function opacityOf(raster: Raster): Uint8Array {
  const { data } = raster;
  const plane = new Uint8Array(data.length / 4);
  const isGray = isOpaque(raster);
  for (let i = 0, at = 0; i < plane.length; i += 1, at += 4) {
    plane[i] = isGray ? luminance(data, at) : (data[at + 3] as number);
  }
  return plane;
}

/** ITU-R BT.601 luma, with weights in 256ths. Exact for grays. */
const luminance = (data: Uint8Array, at: number): number =>
  (77 * (data[at] as number) + 150 * (data[at + 1] as number) + 29 * (data[at + 2] as number) + 128) >> 8;

const isNear = (value: number, level: number): boolean => Math.abs(value - level) <= NEAR;

/** True when values are near 0, 128 and 255 only, and at least 1 % are near 128. */
function looksLikeTrimap(values: Uint8Array): boolean {
  let [levels, unknown] = [0, 0];
  for (const value of values) {
    if (isNear(value, UNKNOWN)) unknown += 1;
    else if (isNear(value, 0) || isNear(value, 255)) levels += 1;
  }
  return unknown >= UNKNOWN_SHARE * values.length && levels + unknown >= LEVELS_SHARE * values.length;
}

/** The level of a trimap that a value is nearest to. */
const levelOf = (value: number): number => (value < 64 ? 0 : value < 192 ? UNKNOWN : 255);

/** A part of a mask; the mask itself without a region. */
function cropped(mask: Mask, region: Rect | undefined): Mask {
  if (region === undefined) return mask;
  const { left, top, width, height } = region;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = (top + y) * mask.width + left;
    data.set(mask.data.subarray(from, from + width), y * width);
  }
  return { data, width, height };
}
