import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { decodeFull } from '../decode/decode.js';
import type { Size } from '../raster/pixel-rect.js';
import { alphaPlane, rasterOf, type AnyRaster, type Raster } from '../raster/raster.js';
import { sharp } from '../raster/sharp.js';
import { blurPlane, discPlane } from './plane-blur.js';

/** The image behind its own subject. */
export interface OriginalOptions {
  /** Encoded image without metadata. */
  image: Buffer;
  maxPixels: number;
  /** 1 to 100. */
  strength: number;
  mode: JobOptions['background_blur_mode'];
}

/** Standard deviation at strength 100, as a share of the longer side. */
const MAX_SIGMA_SHARE = 0.1;
/** Cells of the grid per standard deviation: a stronger blur needs a coarser grid. Discs have edges and need a finer one. */
const SIGMA_CELLS = { gaussian: 12, bokeh: 24 } as const;
/** Longest side of the grid. */
const MAX_GRID_SIDE = 1536;
/** Opacity of the subject from which a cell does not count at all; below it fades, so that no edge shows. */
const SUBJECT_OPACITY = 0.25;
/** Weight of the mean color, which fills cells that are too deep inside of the subject for the blur to reach. */
const MEAN_WEIGHT = 1e-3;
/** Radius of a disc in standard deviations of the Gaussian with the same spread. */
const DISC_RADIUS = 2;
/** Exponent by which a lens adds light: bright spots become discs. */
const LIGHT = 3;

/**
 * The original image, blurred, without its subject: a normalized blur (H. Knutsson and C.-F. Westin, "Normalized and differential
 * convolution", CVPR 1993) in which cells of the subject have no weight, so that the subject leaves no halo.
 * @param cutout the matted image; its alpha says where the subject is, its size is that of the result
 * @returns an opaque image of the same size, which the caller wipes
 */
export async function blurredOriginal(cutout: AnyRaster, options: OriginalOptions): Promise<Raster> {
  const size = { width: cutout.width, height: cutout.height };
  const longer = Math.max(size.width, size.height);
  const sigma = (longer * MAX_SIGMA_SHARE * options.strength) / 100;
  const ratio = Math.min(1, SIGMA_CELLS[options.mode] / sigma, MAX_GRID_SIDE / longer);
  const grid = {
    width: Math.max(1, Math.round(size.width * ratio)),
    height: Math.max(1, Math.round(size.height * ratio)),
  };
  const owned: (Uint8Array | Float32Array)[] = [];
  try {
    const small = await decodeFull(options.image, options.maxPixels, { ...grid, fit: 'fill' });
    owned.push(small.data);
    const alpha = alphaPlane(cutout);
    owned.push(alpha);
    const subject = await sharp(alpha, { raw: { ...size, channels: 1 }, limitInputPixels: false })
      .resize({ ...grid, fit: 'fill' })
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    owned.push(subject);
    const planes = weightedPlanes(small, subject, options.mode);
    owned.push(...planes);
    const blurred = planes.map((plane) =>
      options.mode === 'bokeh'
        ? discPlane(plane, grid, DISC_RADIUS * sigma * ratio)
        : blurPlane(plane, grid, sigma * ratio),
    );
    owned.push(...blurred);
    const filled = normalized(blurred, planes, options.mode);
    owned.push(filled);
    return await enlarged(filled, grid, size);
  } finally {
    wipe(...owned);
  }
}

const toLight = (byte: number, mode: JobOptions['background_blur_mode']): number =>
  mode === 'bokeh' ? (byte / 255) ** LIGHT : byte / 255;

const toByte = (light: number, mode: JobOptions['background_blur_mode']): number =>
  Math.round(255 * (mode === 'bokeh' ? light ** (1 / LIGHT) : light));

/** Red, green and blue times the weight, and the weight: 0 on the subject and where the image itself is transparent. */
function weightedPlanes(
  { data, width, height }: Raster,
  subject: Uint8Array,
  mode: JobOptions['background_blur_mode'],
): Float32Array[] {
  const planes = Array.from({ length: 4 }, () => new Float32Array(width * height));
  for (let i = 0, at = 0; i < subject.length; i += 1, at += 4) {
    const opacity = (subject[i] as number) / 255;
    const weight = Math.max(0, 1 - opacity / SUBJECT_OPACITY) * ((data[at + 3] as number) / 255);
    for (let k = 0; k < 3; k += 1) {
      (planes[k] as Float32Array)[i] = weight * toLight(data[at + k] as number, mode);
    }
    (planes[3] as Float32Array)[i] = weight;
  }
  return planes;
}

const meanOf = (plane: Float32Array): number => plane.reduce((sum, value) => sum + value, 0) / plane.length;

/** Blurred colors divided by the blurred weight, as opaque RGBA. */
function normalized(
  blurred: readonly Float32Array[],
  planes: readonly Float32Array[],
  mode: JobOptions['background_blur_mode'],
): Uint8Array {
  const weights = blurred[3] as Float32Array;
  const total = meanOf(planes[3] as Float32Array);
  const data = new Uint8Array(4 * weights.length);
  for (let k = 0; k < 3; k += 1) {
    const mean = total === 0 ? 0.5 : meanOf(planes[k] as Float32Array) / total;
    const plane = blurred[k] as Float32Array;
    for (let i = 0; i < weights.length; i += 1) {
      const light = ((plane[i] as number) + MEAN_WEIGHT * mean) / ((weights[i] as number) + MEAN_WEIGHT);
      data[4 * i + k] = toByte(Math.min(1, Math.max(0, light)), mode);
    }
  }
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return data;
}

async function enlarged(data: Uint8Array, from: Size, to: Size): Promise<Raster> {
  const bytes = await sharp(data, { raw: { ...from, channels: 4 }, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  return rasterOf(bytes, to) as Raster;
}
