import { wipe } from '#crypto/wipe.js';
import { contrastColor, WHITE, type Rgb } from './contrast-color.js';
import { alphaFacts, type AlphaFacts } from './own-alpha.js';
import { decodeForModel, decodeWithAlpha } from '../decode/decode.js';
import { isDrawn } from './photo-components.js';
import { coveringRect, intersectionOf, type Rect, type Size } from '../raster/pixel-rect.js';
import { alphaPlane } from '../raster/raster.js';

/** Side of the reduced image that is classified when the model's input shows only a part. */
const OVERVIEW_SIDE = 512;

/** Input of the model. */
export interface ModelInput {
  /** `sidePixels`² × 3 bytes, R G B. */
  pixels: Buffer;
  /** Alpha of the image, `sidePixels`² bytes; only for an earlier cut-out. */
  ownAlpha: Uint8Array | undefined;
  /** Part of the upright image that the input shows; the whole image when undefined. */
  region: Rect | undefined;
}

/** Options of `modelInput`. */
export interface ModelInputOptions {
  /** Side of the model's square input. */
  sidePixels: number;
  /** Limit on the decoded size, whatever the header said. */
  maxPixels: number;
  /** Size of the upright image. */
  size: Size;
  /** Part of the upright image to show instead of the whole. */
  region: Rect | undefined;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
}

/**
 * Makes the model's input. Transparent areas become white; in an earlier cut-out they become a contrasting color,
 * since a white logo would be invisible on white. A photo on a larger transparent canvas is shown without the canvas.
 * @returns buffers that the caller wipes
 * @throws Problem `image-corrupt`
 */
export async function modelInput(image: Buffer, view: ModelInputOptions): Promise<ModelInput> {
  const { sidePixels, maxPixels, region, isOpaque } = view;
  if (isOpaque) {
    const pixels = await decodeForModel(image, sidePixels, maxPixels, region);
    return { pixels, ownAlpha: undefined, region };
  }
  const rgba = await decodeWithAlpha(image, sidePixels, maxPixels, region);
  try {
    const facts = region ? await classifyWhole(image, view) : factsOn(rgba, sidePixels, view.size);
    const raster = { data: rgba, width: sidePixels, height: sidePixels };
    // A rectangle may be a drawing, such as a bar or framed text: that is a cut-out as well.
    if (facts.kind === 'cut-out' || (facts.kind === 'padded' && isDrawn(raster))) {
      return { pixels: flattened(rgba, contrastColor(rgba)), ownAlpha: alphaPlane(raster), region };
    }
    const photo = facts.kind === 'padded' ? intersectionOf(facts.box, region) : undefined;
    if (!photo) return { pixels: flattened(rgba, WHITE), ownAlpha: undefined, region };
    const pixels = await decodeForModel(image, sidePixels, maxPixels, photo);
    return { pixels, ownAlpha: undefined, region: photo };
  } finally {
    wipe(rgba);
  }
}

/**
 * Maximum alpha of each cell of the mask's grid, so that lines thinner than a cell stay connected.
 * @returns one byte a cell; the caller wipes it
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

/** First pixel and end of each of `cells` cells, at least one pixel each. */
function cellEdges(pixels: number, cells: number): { first: Int32Array; end: Int32Array } {
  const first = Int32Array.from({ length: cells }, (_, i) => Math.floor((i * pixels) / cells));
  const end = Int32Array.from({ length: cells }, (_, i) => Math.ceil(((i + 1) * pixels) / cells));
  return { first, end };
}

/** Classifies the whole image at reduced size. */
async function classifyWhole(image: Buffer, { maxPixels, size }: ModelInputOptions): Promise<AlphaFacts> {
  const data = await decodeWithAlpha(image, OVERVIEW_SIDE, maxPixels);
  try {
    return factsOn(data, OVERVIEW_SIDE, size);
  } finally {
    wipe(data);
  }
}

/** Classifies pixels of a whole image; the box is in pixels of the image, rounded outwards. */
function factsOn(data: Uint8Array, side: number, size: Size): AlphaFacts {
  const grid = { width: side, height: side };
  const { kind, box } = alphaFacts({ data, ...grid });
  return { kind, box: coveringRect(box, grid, size) };
}

/** Flattens pixels on a background color. */
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
    out[to] = blend(pixels[at] as number, red, alpha);
    out[to + 1] = blend(pixels[at + 1] as number, green, alpha);
    out[to + 2] = blend(pixels[at + 2] as number, blue, alpha);
  }
  return out;
}

const blend = (front: number, back: number, alpha: number): number =>
  Math.floor((front * alpha + back * (255 - alpha) + 127) / 255);
