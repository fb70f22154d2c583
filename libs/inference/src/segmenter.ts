import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { Provider } from '#contracts/execution-providers.js';
import { wipe } from '#crypto/wipe.js';
import { damageOf, ModelError } from './model-files.js';
import type { ModelEntry } from './model-manifest.js';
import { normalization, toBytes, toPlanes } from './pixel-values.js';
import { checkInterface, takesBatches } from './session-check.js';
import { openSession } from './session-factory.js';

/** Opacity of each pixel, one byte, rows from the top: 0 background, 255 subject. `data` is the caller's to wipe. */
export interface OpacityMask {
  data: Uint8Array;
  width: number;
  height: number;
}

/**
 * A loaded network. `segment` blocks the event loop while it runs (onnxruntime-node computes on the calling
 * thread), so it belongs into a process of its own. One call at a time.
 */
export class Segmenter {
  readonly sidePixels: number;
  /** True when one run takes several images; otherwise several are run one by one. */
  readonly takesBatches: boolean;
  readonly #session: InferenceSession;
  readonly #entry: ModelEntry;
  readonly #feed: Feed;

  private constructor(session: InferenceSession, entry: ModelEntry) {
    this.#session = session;
    this.#entry = entry;
    this.sidePixels = entry.input.sidePixels;
    this.takesBatches = takesBatches(session);
    this.#feed = entry.input.kind === 'u8-nhwc' ? byteFeed(entry.input) : floatFeed(entry.input);
  }

  /**
   * Loads a model file after checking its content.
   * @param threads CPU threads of one inference
   * @throws ModelError when the file is not the manifest's, is no model, or has another input or output
   * @throws ProviderUnavailable when it cannot run on `provider`
   */
  static async load(
    entry: ModelEntry,
    path: string,
    threads: number,
    provider: Provider = 'cpu',
  ): Promise<Segmenter> {
    const damage = await damageOf(path, entry);
    if (damage !== undefined) throw damage;
    const session = await openSession(entry, path, { provider, threads });
    checkInterface(session, entry);
    return new Segmenter(session, entry);
  }

  /** Runs once on grey images, so that the first job does not pay for first touches of memory. */
  async warmUp(images = 1): Promise<void> {
    const grey = new Uint8Array(3 * this.sidePixels ** 2).fill(128);
    for (const { data } of await this.segmentAll(Array<Uint8Array>(images).fill(grey))) wipe(data);
  }

  /**
   * @param pixels side × side × 3 bytes: rows, columns, R G B. Not kept and not changed.
   * @returns opacity on the model's own grid, which may be coarser than the input
   * @throws ModelError when the result has not as many values as the manifest says
   */
  readonly segment = async (pixels: Uint8Array): Promise<OpacityMask> => {
    const [mask] = await this.#run([pixels]);
    return mask as OpacityMask;
  };

  /** The same for several images, in their order; in one run where the network `takesBatches`. */
  readonly segmentAll = async (images: readonly Uint8Array[]): Promise<OpacityMask[]> => {
    if (this.takesBatches) return this.#run(images);
    const masks: OpacityMask[] = [];
    try {
      for (const pixels of images) masks.push(await this.segment(pixels));
      return masks;
    } catch (error) {
      wipe(...masks.map(({ data }) => data));
      throw error;
    }
  };

  /** Frees the network's memory. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  async #run(images: readonly Uint8Array[]): Promise<OpacityMask[]> {
    const { input, output } = this.#entry;
    try {
      // Only the main output is named, so that others are not copied out.
      const results = await this.#session.run({ [input.name]: this.#feed.fill(images) }, [output.name]);
      const opacity = results[output.name] as Tensor;
      const values = opacity.data as Float32Array | Uint8Array;
      try {
        return this.#masksOf(values, images.length);
      } finally {
        values.fill(0);
        opacity.dispose();
      }
    } finally {
      this.#feed.clear();
    }
  }

  #masksOf(values: Float32Array | Uint8Array, count: number): OpacityMask[] {
    const { name, output } = this.#entry;
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

/** Makes pixels into what a network takes. */
interface Feed {
  fill: (images: readonly Uint8Array[]) => Tensor;
  clear: () => void;
}

/** One image as it is, not copied; several behind one another, in memory that is used again. */
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

/** Planes of floats, in memory that is used again. */
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
