import { wipe } from '#crypto/wipe.js';
import { contrastColor, WHITE, type Rgb } from './contrast-color.js';
import { alphaFacts, type AlphaFacts } from './own-alpha.js';
import { decodeForModel, decodeWithAlpha } from '../decode/decode.js';
import { isDrawn } from './flat-areas.js';
import { coveringRect, overlapOf, type Rect, type Size } from '../raster/pixel-rect.js';
import { alphaPlane } from '../raster/raster-planes.js';

/** Enough to classify an image, when the network is shown only a part of it. */
const OVERVIEW_SIDE = 512;

/** What the network is shown of an image. */
export interface ModelInput {
  /** `sidePixels`² × 3 bytes, R G B. */
  pixels: Buffer;
  /** The image's own alpha, `sidePixels`² bytes; only when the image was cut out before. */
  ownAlpha: Uint8Array | undefined;
  /** The part of the upright image that it is; the whole image when undefined. */
  region: Rect | undefined;
}

/** What it is made from. */
export interface ModelView {
  /** Side of the network's square input. */
  sidePixels: number;
  /** Images with more are refused, whatever their header said. */
  maxPixels: number;
  /** Size of the upright image. */
  size: Size;
  /** The part of it to show, instead of the whole. */
  region: Rect | undefined;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
}

/**
 * Makes what the network is shown. Transparent areas become white; of an image that was cut out before they become
 * the color that stands out from what is visible, or a white logo would be shown on white. A photo on a larger
 * transparent canvas is shown without the canvas.
 * @returns buffers that are the caller's to wipe
 * @throws Problem `image-corrupt`
 */
export async function modelInput(image: Buffer, view: ModelView): Promise<ModelInput> {
  const { sidePixels, maxPixels, region, isOpaque } = view;
  if (isOpaque) {
    const pixels = await decodeForModel(image, sidePixels, maxPixels, region);
    return { pixels, ownAlpha: undefined, region };
  }
  const shown = await decodeWithAlpha(image, sidePixels, maxPixels, region);
  try {
    const facts = region ? await overview(image, view) : factsOn(shown, sidePixels, view.size);
    const raster = { data: shown, width: sidePixels, height: sidePixels };
    // A plain rectangle may be a drawing, such as a bar or a framed text: it was cut out as well.
    if (facts.kind === 'cut-out' || (facts.kind === 'padded' && isDrawn(raster))) {
      return { pixels: flattened(shown, contrastColor(shown)), ownAlpha: alphaPlane(raster), region };
    }
    const photo = facts.kind === 'padded' ? overlapOf(facts.box, region) : undefined;
    if (!photo) return { pixels: flattened(shown, WHITE), ownAlpha: undefined, region };
    const pixels = await decodeForModel(image, sidePixels, maxPixels, photo);
    return { pixels, ownAlpha: undefined, region: photo };
  } finally {
    wipe(shown);
  }
}

/**
 * The highest alpha of each cell of the mask's grid, so that lines thinner than a cell hang together.
 * @returns the caller's to wipe
 */
export function alphaOnGrid(alpha: Uint8Array, sidePixels: number, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(width * height);
  const [across, down] = [cellEdges(sidePixels, width), cellEdges(sidePixels, height)];
  for (let y = 0, to = 0; y < height; y += 1) {
    const [top, bottom] = [down.first[y] as number, down.end[y] as number];
    for (let x = 0; x < width; x += 1, to += 1) {
      const [left, right] = [across.first[x] as number, across.end[x] as number];
      let highest = 0;
      for (let row = top; row < bottom; row += 1) {
        for (let at = row * sidePixels + left, end = row * sidePixels + right; at < end; at += 1) {
          const value = alpha[at] as number;
          if (value > highest) highest = value;
        }
      }
      out[to] = highest;
    }
  }
  return out;
}

/** Pixels in each of `cells` cells: the first of them, and the end, at least one. */
function cellEdges(pixels: number, cells: number): { first: Int32Array; end: Int32Array } {
  const first = Int32Array.from({ length: cells }, (_, i) => Math.floor((i * pixels) / cells));
  const end = Int32Array.from({ length: cells }, (_, i) => Math.ceil(((i + 1) * pixels) / cells));
  return { first, end };
}

/** What kind of image the whole is, from a look at it in less detail. */
async function overview(image: Buffer, { maxPixels, size }: ModelView): Promise<AlphaFacts> {
  const data = await decodeWithAlpha(image, OVERVIEW_SIDE, maxPixels);
  try {
    return factsOn(data, OVERVIEW_SIDE, size);
  } finally {
    wipe(data);
  }
}

/** Facts of pixels that are all of an image; the box is in pixels of the image, rounded outwards. */
function factsOn(data: Uint8Array, side: number, size: Size): AlphaFacts {
  const grid = { width: side, height: side };
  const { kind, box } = alphaFacts({ data, ...grid });
  return { kind, box: coveringRect(box, grid, size) };
}

/** R, G, B of pixels on a plain background. */
function flattened(pixels: Uint8Array, [red, green, blue]: Rgb): Buffer {
  const out = Buffer.alloc((pixels.length / 4) * 3);
  for (let at = 0, to = 0; at < pixels.length; at += 4, to += 3) {
    const alpha = pixels[at + 3] as number;
    if (alpha === 255) {
      out[to] = pixels[at] as number;
      out[to + 1] = pixels[at + 1] as number;
      out[to + 2] = pixels[at + 2] as number;
      continue;
    }
    out[to] = mixed(pixels[at] as number, red, alpha);
    out[to + 1] = mixed(pixels[at + 1] as number, green, alpha);
    out[to + 2] = mixed(pixels[at + 2] as number, blue, alpha);
  }
  return out;
}

const mixed = (front: number, back: number, alpha: number): number =>
  Math.floor((front * alpha + back * (255 - alpha) + 127) / 255);
