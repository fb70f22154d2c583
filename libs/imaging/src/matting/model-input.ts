import { wipe } from '#crypto/wipe.js';
import { contrastColor, WHITE, type Rgb } from './contrast-color.js';
import { alphaFacts, type AlphaFacts } from './own-alpha.js';
import { decodeForModel, decodeWithAlpha, type ModelFrame } from '../decode/decode.js';
import { isDrawn } from './photo-components.js';
import { coveringRect, intersectionOf, type Rect, type Size } from '../raster/pixel-rect.js';
import { alphaPlane, type Mask, type Raster, type RgbRaster } from '../raster/raster.js';

/** Size of the reduced image that is classified when the model's input shows only a part. */
const OVERVIEW_FRAME: ModelFrame = { width: 512, height: 512, kernel: 'lanczos3' };

/** Input of the model. */
export interface ModelInput {
  /** Colors in the size of the frame. */
  picture: RgbRaster;
  /** Alpha of the image in the same size; only for an earlier cut-out. */
  ownAlpha: Mask | undefined;
  /** Part of the upright image that the input shows; the whole image when undefined. */
  region: Rect | undefined;
}

/** Options of `modelInput`. */
export interface ModelInputOptions {
  /** Frame of the model for a picture of this size. */
  frameOf: (size: Size) => ModelFrame;
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
  const { frameOf, maxPixels, region, isOpaque } = view;
  const frame = frameOf(region ?? view.size);
  if (isOpaque) {
    const picture = await decodeForModel(image, frame, maxPixels, region);
    return { picture, ownAlpha: undefined, region };
  }
  const raster = await decodeWithAlpha(image, frame, maxPixels, region);
  try {
    const facts = region ? await classifyWhole(image, view) : factsOn(raster, view.size);
    // A rectangle may be a drawing, such as a bar or framed text: that is a cut-out as well.
    if (facts.kind === 'cut-out' || (facts.kind === 'padded' && isDrawn(raster))) {
      const ownAlpha = { ...raster, data: alphaPlane(raster) };
      return { picture: flattened(raster, contrastColor(raster.data)), ownAlpha, region };
    }
    const photo = facts.kind === 'padded' ? intersectionOf(facts.box, region) : undefined;
    if (!photo) return { picture: flattened(raster, WHITE), ownAlpha: undefined, region };
    const picture = await decodeForModel(image, frameOf(photo), maxPixels, photo);
    return { picture, ownAlpha: undefined, region: photo };
  } finally {
    wipe(raster.data);
  }
}

/**
 * Maximum alpha of each cell of the mask's grid, so that lines thinner than a cell stay connected.
 * @returns one byte a cell; the caller wipes it
 */
export function alphaOnGrid(alpha: Mask, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(width * height);
  const stride = alpha.width;
  const [across, down] = [cellEdges(stride, width), cellEdges(alpha.height, height)];
  for (let y = 0, to = 0; y < height; y += 1) {
    const [top, bottom] = [down.first[y] as number, down.end[y] as number];
    for (let x = 0; x < width; x += 1, to += 1) {
      const [left, right] = [across.first[x] as number, across.end[x] as number];
      let highest = 0;
      for (let row = top; row < bottom; row += 1) {
        for (let at = row * stride + left, end = row * stride + right; at < end; at += 1) {
          const value = alpha.data[at] as number;
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
  const overview = await decodeWithAlpha(image, OVERVIEW_FRAME, maxPixels);
  try {
    return factsOn(overview, size);
  } finally {
    wipe(overview.data);
  }
}

/** Classifies pixels of a whole image; the box is in pixels of the image, rounded outwards. */
function factsOn(raster: Raster, size: Size): AlphaFacts {
  const { kind, box } = alphaFacts(raster);
  return { kind, box: coveringRect(box, raster, size) };
}

/** Flattens pixels on a background color. */
function flattened({ data: pixels, width, height }: Raster, [red, green, blue]: Rgb): RgbRaster {
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
  return { data: out, width, height };
}

const blend = (front: number, back: number, alpha: number): number =>
  Math.floor((front * alpha + back * (255 - alpha) + 127) / 255);
