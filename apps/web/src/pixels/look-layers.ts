import { backgroundWeight, fillUnknown, sampled, type WeightedImage } from './background-fill.js';
import { pixelsOf, surfaceOf, surfaceWith } from './canvas-surface.js';
import type { Gradient, Look } from './edit.js';
import {
  fitted,
  mirrored,
  unscaled,
  visibleRect,
  type Rect,
  type Size,
  type Subject,
} from './frame-geometry.js';
import type { LayeredPicture } from './layered-picture.js';
import { spansIn } from './passport-frame.js';
import { blurPlane } from './plane-blur.js';
import { canvasOf } from './result-canvas.js';
import { SHADOW_REACH, shadowPlane, type ShadowKind } from './subject-shadow.js';

/** A background, ready to be drawn on the canvas of the result. */
export interface Backdrop {
  color?: string;
  gradient?: Gradient;
  /** Covers the canvas. */
  picture?: OffscreenCanvas | ImageBitmap;
}

/** An image and its place, in pixels of the picture. */
export interface Layer {
  image: OffscreenCanvas;
  rect: Rect;
}

/** What is drawn below a cutout, and the canvas of the result in pixels of the picture. */
export interface Scene {
  kept: Rect;
  backdrop: Backdrop;
  shadow: { layer: Layer; opacity: number } | undefined;
}

/** Longer sides of the small images on which background and shadow are computed; what is blurred needs no finer ones. */
const BLUR_SIDE = 640;
const SHADOW_SIDE = 384;

/** How far the colors near the subject are mixed with it, as a share of the longer side of the photo. */
const MIXED_SHARE = 0.006;

/** Standard deviations of the weakest and strongest blur, as shares of the longer side of the photo. */
const MIN_BLUR = 0.003;
const MAX_BLUR = 0.06;

/** Keeps one value while its key stays the same. */
class Latest<T> {
  private known: { key: string; value: T } | undefined;

  get(key: string, make: () => T): T {
    if (this.known?.key !== key) this.known = { key, value: make() };
    return this.known.value;
  }
}

const alphaOf = (pixels: Uint8ClampedArray): Float32Array =>
  Float32Array.from({ length: pixels.length / 4 }, (_, at) => (pixels[at * 4 + 3] ?? 0) / 255);

/** A canvas of these pixels: red, green, blue and alpha from 0 to 255. */
function canvasWith({ width, height }: Size, channels: readonly (Float32Array | number)[]): OffscreenCanvas {
  const surface = surfaceOf({ width, height });
  const image = surface.createImageData(width, height);
  for (const [channel, values] of channels.entries())
    for (let at = 0; at < width * height; at++)
      image.data[at * 4 + channel] = typeof values === 'number' ? values : (values[at] ?? 0);
  surface.putImageData(image, 0, 0);
  return surface.canvas;
}

/**
 * Canvas, background and shadow of a picture for a look. Layers are computed on small images of the same size for each output,
 * so that previews and full size agree, and are kept until something they depend on changes.
 */
export class LookLayers {
  private strokes = '';
  private readonly subjects = new Latest<Subject | undefined>();
  private readonly filled = new Latest<WeightedImage>();
  private readonly blurred = new Latest<OffscreenCanvas>();
  private readonly shadows = new Latest<Layer>();
  private picked: { id: number; bitmap: ImageBitmap } | undefined;

  /** @param photo the photo of the picture, or a copy of at least the size of the small images */
  constructor(
    private readonly picture: LayeredPicture,
    private readonly photo: CanvasImageSource = picture.photo,
  ) {}

  /**
   * Prepares a look.
   * @param strokes ids of the strokes that the picture shows
   * @throws Error if the image of the background cannot be read
   */
  async prepare(look: Look, strokes: readonly number[]): Promise<Scene> {
    this.strokes = strokes.join();
    const kept = canvasOf(look.crop, this.subject(), this.picture.size);
    return { kept, backdrop: await this.backdrop(look, kept), shadow: this.shadow(look) };
  }

  private subject(): Subject | undefined {
    return this.subjects.get(this.strokes, () => {
      const { canvas, scale } = this.picture.at(0);
      const pixels = pixelsOf(surfaceWith(canvas, canvas), { left: 0, top: 0, ...sizeOf(canvas) });
      const found = visibleRect(pixels, canvas.width);
      if (found === undefined) return undefined;
      const spans = spansIn(pixels, canvas.width, found).map(({ left, right }) => ({
        left: left / scale,
        right: right / scale,
      }));
      return { box: unscaled(found, scale, this.picture.size), spans, rowHeight: 1 / scale };
    });
  }

  private async backdrop({ background, format }: Look, kept: Rect): Promise<Backdrop> {
    switch (background.kind) {
      case 'none':
        // JPEG has no transparency.
        return format === 'jpg' ? { color: '#ffffff' } : {};
      case 'color':
        return { color: background.color };
      case 'gradient':
        return { gradient: background };
      case 'blur':
        return { picture: this.blur(background.strength, kept) };
      case 'image':
        return { picture: await this.decode(background) };
    }
  }

  private async decode({ image, id }: { image: Blob; id: number }): Promise<ImageBitmap> {
    if (this.picked?.id !== id) {
      const bitmap = await createImageBitmap(image);
      this.picked?.bitmap.close();
      this.picked = { id, bitmap };
    }
    return this.picked.bitmap;
  }

  /** The photo without its subject, on a small grid. */
  private background(): WeightedImage {
    return this.filled.get(this.strokes, () => {
      const { width, height } = fitted(this.picture.size, BLUR_SIDE);
      const size = { width, height };
      const all = { left: 0, top: 0, ...size };
      const photo = pixelsOf(surfaceWith(this.photo, size), all);
      const alpha = alphaOf(pixelsOf(surfaceWith(this.picture.at(0).canvas, size), all));
      const planes = [0, 1, 2].map((channel) =>
        Float32Array.from({ length: width * height }, (_, at) => photo[at * 4 + channel] ?? 0),
      );
      const reach = Math.max(2, Math.round(MIXED_SHARE * Math.max(width, height)));
      const weight = backgroundWeight(alpha, size, reach);
      // A photo that is all subject has no background: its own colors are used.
      if (weight.every((one) => one === 0)) weight.fill(1);
      const image = { ...size, planes, weight };
      fillUnknown(image);
      return image;
    });
  }

  /** The blurred background on the canvas of the result. Beyond the photo it is mirrored. */
  private blur(strength: number, kept: Rect): OffscreenCanvas {
    const key = [this.strokes, strength, kept.left, kept.top, kept.width, kept.height].join();
    return this.blurred.get(key, () => {
      const from = this.background();
      const { width, height, scale } = fitted(kept, BLUR_SIDE);
      const share = from.width / this.picture.size.width;
      const place = (at: number, start: number, length: number): number =>
        mirrored((start + (at + 0.5) / scale) * share - 0.5, length);
      const columns = Array.from({ length: width }, (_, x) => place(x, kept.left, from.width));
      const rows = Array.from({ length: height }, (_, y) => place(y, kept.top, from.height));
      const sigma = (MIN_BLUR + (MAX_BLUR - MIN_BLUR) * (strength / 100) ** 1.5) * scale;
      const planes = from.planes.map((plane) => {
        const blurred = new Float32Array(width * height);
        for (const [y, row] of rows.entries())
          for (const [x, column] of columns.entries())
            blurred[y * width + x] = sampled(plane, from, column, row);
        blurPlane(
          blurred,
          { width, height },
          sigma * Math.max(this.picture.size.width, this.picture.size.height),
        );
        return blurred;
      });
      return canvasWith({ width, height }, [...planes, 255]);
    });
  }

  private shadow({ shadow: { kind, strength } }: Look): Scene['shadow'] {
    const subject = this.subject();
    if (kind === 'none' || subject === undefined) return undefined;
    const layer = this.shadows.get([this.strokes, kind].join(), () => this.castOf(subject.box, kind));
    return { layer, opacity: strength / 100 };
  }

  private castOf(box: Rect, kind: ShadowKind): Layer {
    const side = Math.max(box.width, box.height);
    const room = SHADOW_REACH * side;
    const rect = {
      left: box.left - room,
      top: box.top - room,
      width: box.width + 2 * room,
      height: box.height + 2 * room,
    };
    const scale = Math.min(1, SHADOW_SIDE / side);
    const size = { width: Math.ceil(rect.width * scale), height: Math.ceil(rect.height * scale) };
    const surface = surfaceOf(size);
    const { width, height } = this.picture.size;
    surface.drawImage(
      this.picture.at(0).canvas,
      -rect.left * scale,
      -rect.top * scale,
      width * scale,
      height * scale,
    );
    const alpha = alphaOf(pixelsOf(surface, { left: 0, top: 0, ...size }));
    const opacity = shadowPlane(alpha, size, side * scale, kind).map((one) => one * 255);
    const place = { ...rect, width: size.width / scale, height: size.height / scale };
    return { image: canvasWith(size, [0, 0, 0, opacity]), rect: place };
  }
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height });
