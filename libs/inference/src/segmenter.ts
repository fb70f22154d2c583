import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { Provider } from '#contracts/execution-providers.js';
import { wipe } from '#crypto/wipe.js';
import { findDamage, ModelError } from './model-files.js';
import type { ModelEntry } from './model-manifest.js';
import { checkInterface, openSession, takesBatches } from './session-factory.js';

/** Opacity of each pixel, one byte, rows from the top: 0 background, 255 subject. The caller wipes `data`. */
export interface OpacityMask {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Colors of an image in the size of the model's input: 3 bytes a pixel in the order R, G, B; rows from the top. */
export interface Picture {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Size of the model's input, and the filter that images are resized with. */
export interface InputFrame {
  width: number;
  height: number;
  kernel: 'lanczos3' | 'linear';
}

/**
 * A loaded model. `segment` blocks the event loop while it runs (onnxruntime-node computes on the calling thread), so
 * it must run in a separate process. One call at a time.
 */
export class Segmenter {
  /** True when one run accepts several images; otherwise several images are run one by one. */
  readonly takesBatches: boolean;
  private readonly session: InferenceSession;
  private readonly entry: ModelEntry;
  private readonly feed: Feed;

  private constructor(session: InferenceSession, entry: ModelEntry) {
    this.session = session;
    this.entry = entry;
    this.takesBatches = takesBatches(session);
    this.feed = entry.input.kind === 'u8-nhwc' ? byteFeed(entry.input) : floatFeed(entry.input);
  }

  /**
   * Loads a model file after verifying its content.
   * @param threads CPU threads of one inference
   * @throws ModelError when the file does not match the manifest, is not a model, or has another input or output
   * @throws ProviderUnavailable when it cannot run on `provider`
   */
  static async load(
    entry: ModelEntry,
    path: string,
    threads: number,
    provider: Provider = 'cpu',
  ): Promise<Segmenter> {
    const damage = await findDamage(path, entry);
    if (damage !== undefined) throw damage;
    const session = await openSession(entry, path, { provider, threads });
    checkInterface(session, entry);
    return new Segmenter(session, entry);
  }

  /** Runs once on gray images, so that the first job does not include memory initialization. */
  async warmUp(images = 1): Promise<void> {
    const { width, height } = this.inputFor();
    const gray = { data: new Uint8Array(3 * width * height).fill(128), width, height };
    for (const { data } of await this.segmentAll(Array<Picture>(images).fill(gray))) wipe(data);
  }

  /** Size that pictures are resized to before `segment`. */
  readonly inputFor = (): InputFrame => {
    const side = this.entry.input.sidePixels;
    return { width: side, height: side, kernel: 'lanczos3' };
  };

  /**
   * @param picture in the size of `inputFor`. Neither kept nor changed.
   * @returns opacity on the model's own grid, which may be coarser than the input
   * @throws ModelError when the output has another size than in the manifest
   */
  readonly segment = async (picture: Picture): Promise<OpacityMask> => {
    const [mask] = await this.run([picture.data]);
    return mask as OpacityMask;
  };

  /** The same for several images, in order; in one run if the model `takesBatches`. */
  readonly segmentAll = async (pictures: readonly Picture[]): Promise<OpacityMask[]> => {
    if (this.takesBatches) return this.run(pictures.map(({ data }) => data));
    const masks: OpacityMask[] = [];
    try {
      for (const picture of pictures) masks.push(await this.segment(picture));
      return masks;
    } catch (error) {
      wipe(...masks.map(({ data }) => data));
      throw error;
    }
  };

  /** Frees the model's memory. */
  async release(): Promise<void> {
    await this.session.release();
  }

  private async run(images: readonly Uint8Array[]): Promise<OpacityMask[]> {
    const { input, output } = this.entry;
    try {
      // Only the main output is requested, so that others are not copied.
      const results = await this.session.run({ [input.name]: this.feed.fill(images) }, [output.name]);
      const opacity = results[output.name] as Tensor;
      const values = opacity.data as Float32Array | Uint8Array;
      try {
        return this.masksOf(values, images.length);
      } finally {
        values.fill(0);
        opacity.dispose();
      }
    } finally {
      this.feed.clear();
    }
  }

  private masksOf(values: Float32Array | Uint8Array, count: number): OpacityMask[] {
    const { name, output } = this.entry;
    const side = output.sidePixels;
    const size = side ** 2;
    if (values.length !== count * size) {
      throw new ModelError(`${name}: the output is not ${side} pixels square`);
    }
    return Array.from({ length: count }, (_, i) => ({
      data: toMask(values.subarray(i * size, (i + 1) * size), output),
      width: side,
      height: side,
    }));
  }
}

/** Converts pixels to the model's input tensor. */
interface Feed {
  fill: (images: readonly Uint8Array[]) => Tensor;
  clear: () => void;
}

/** A single image is not copied; several are concatenated in reused memory. */
function byteFeed({ sidePixels: side }: ModelEntry['input']): Feed {
  const size = 3 * side ** 2;
  let joined = new Uint8Array(0);
  return {
    fill: (images) => {
      const [first, ...others] = images;
      if (first !== undefined && others.length === 0) return new Tensor('uint8', first, [1, side, side, 3]);
      if (joined.length < images.length * size) joined = new Uint8Array(images.length * size);
      images.forEach((pixels, i) => {
        joined.set(pixels, i * size);
      });
      return new Tensor('uint8', joined.subarray(0, images.length * size), [images.length, side, side, 3]);
    },
    clear: () => void joined.fill(0),
  };
}

/** Float planes, in reused memory. */
function floatFeed(input: Extract<ModelEntry['input'], { kind: 'f32-nchw' }>): Feed {
  const side = input.sidePixels;
  const size = 3 * side ** 2;
  const tables = normalization(input);
  let planes = new Float32Array(size);
  return {
    fill: (images) => {
      if (planes.length < images.length * size) planes = new Float32Array(images.length * size);
      images.forEach((pixels, i) => {
        toPlanes(planes.subarray(i * size, (i + 1) * size), pixels, tables);
      });
      return new Tensor('float32', planes.subarray(0, images.length * size), [images.length, 3, side, side]);
    },
    clear: () => void planes.fill(0),
  };
}

const toMask = (values: Float32Array | Uint8Array, output: ModelEntry['output']): Uint8Array =>
  output.kind === 'u8' ? Uint8Array.from(values) : toBytes(values, output.activation === 'sigmoid');

/** Lookup tables of R, G and B: `(value - mean) / std` for each byte value. */
export function normalization(input: { mean: readonly number[]; std: readonly number[] }): Float32Array[] {
  return input.mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - mean) / (input.std[channel] as number)),
  );
}

/** Converts interleaved bytes (R G B) to one float plane per channel, by the tables of `normalization`. */
export function toPlanes(planes: Float32Array, pixels: Uint8Array, tables: readonly Float32Array[]): void {
  const size = planes.length / 3;
  for (let channel = 0; channel < 3; channel += 1) {
    const table = tables[channel] as Float32Array;
    const start = channel * size;
    for (let i = 0, at = channel; i < size; i += 1, at += 3)
      planes[start + i] = table[pixels[at] as number] as number;
  }
}

/** Converts opacity from 0 to 1, or its logits, to 0 to 255, rounded and limited. */
export function toBytes(values: ArrayLike<number>, logits: boolean): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i += 1) {
    const raw = values[i] as number;
    const value = logits ? 1 / (1 + Math.exp(-raw)) : raw;
    mask[i] = value <= 0 ? 0 : value >= 1 ? 255 : value * 255 + 0.5;
  }
  return mask;
}
