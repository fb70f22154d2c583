import { type Tensor, type InferenceSession } from 'onnxruntime-node';
import type { Provider } from '#contracts/execution-providers.js';
import { wipe } from '#crypto/wipe.js';
import { feedOf, type Feed, type Picture } from './model-feed.js';
import { findDamage, ModelError } from './model-files.js';
import { frameOf, placementOf, type FrameSize } from './model-frame.js';
import type { ModelEntry } from './model-manifest.js';
import { gridOf, opacityOf, OutputError, pictureOf, toMask, type OpacityMask } from './model-mask.js';
import { nominalSize } from './model-signature.js';
import { checkInterface, openSession, takesBatches } from './session-factory.js';

export type { Picture } from './model-feed.js';
export type { OpacityMask } from './model-mask.js';

/** Size that pictures are resized to, and the filter for it. */
export interface InputFrame extends FrameSize {
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
    this.takesBatches = !entry.singly && takesBatches(session, entry);
    this.feed = feedOf(entry.input);
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
    try {
      checkInterface(session, entry);
    } catch (error) {
      await session.release();
      throw error;
    }
    return new Segmenter(session, entry);
  }

  /** Runs once on gray images, so that the first job does not include memory initialization. */
  async warmUp(images = 1): Promise<void> {
    const { width, height } = this.inputFor();
    const gray = { data: new Uint8Array(3 * width * height).fill(128), width, height };
    for (const { data } of await this.segmentAll(Array<Picture>(images).fill(gray))) wipe(data);
  }

  /** Size that a picture is resized to before `segment`; without a picture, one of the input's proportions. */
  readonly inputFor = (picture?: FrameSize): InputFrame => {
    const { size, filter } = this.entry.input;
    return {
      ...frameOf(size, picture ?? nominalSize(this.entry.input)),
      kernel: filter === 'lanczos' ? 'lanczos3' : 'linear',
    };
  };

  /**
   * @param picture in the size of `inputFor`. Neither kept nor changed.
   * @returns opacity on the model's own grid, which may be coarser than the input and covers exactly the picture
   * @throws ModelError when the output is not a mask of the picture
   */
  readonly segment = async (picture: Picture): Promise<OpacityMask> => {
    const [mask] = await this.run([picture]);
    return mask as OpacityMask;
  };

  /** The same for several images, in order; those with inputs of one size in one run if the model `takesBatches`. */
  readonly segmentAll = async (pictures: readonly Picture[]): Promise<OpacityMask[]> => {
    const masks: OpacityMask[] = [];
    try {
      for (const group of this.runsOf(pictures)) masks.push(...(await this.run(group)));
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

  /** Neighbors that may share a run. */
  private runsOf(pictures: readonly Picture[]): Picture[][] {
    const groups: Picture[][] = [];
    let last: FrameSize | undefined;
    for (const picture of pictures) {
      const { input } = placementOf(this.entry.input.size, picture);
      const joins = this.takesBatches && last?.width === input.width && last.height === input.height;
      if (joins) groups.at(-1)?.push(picture);
      else groups.push([picture]);
      last = input;
    }
    return groups;
  }

  private async run(pictures: readonly Picture[]): Promise<OpacityMask[]> {
    const { input, output } = this.entry;
    try {
      // Only the main output is requested, so that others are not copied.
      const results = await this.session.run({ [input.name]: this.feed.fill(pictures) }, [output.name]);
      const opacity = results[output.name] as Tensor;
      try {
        return this.masksOf(opacity, pictures);
      } finally {
        (opacity.data as Float32Array).fill(0);
        opacity.dispose();
      }
    } finally {
      this.feed.clear();
    }
  }

  private masksOf(tensor: Tensor, pictures: readonly Picture[]): OpacityMask[] {
    const { name, input, output } = this.entry;
    const masks: OpacityMask[] = [];
    try {
      for (const [i, picture] of pictures.entries()) {
        const place = placementOf(input.size, picture);
        const grid = gridOf(tensor.dims, pictures.length, output.class?.count ?? 1, place.input);
        const raw = { type: tensor.type, data: tensor.data as Float32Array, dims: tensor.dims };
        const plane = pictureOf(opacityOf(raw, i, grid, output), picture, place);
        try {
          masks.push(toMask(plane, output.stretch));
        } finally {
          wipe(plane.values);
        }
      }
      return masks;
    } catch (error) {
      wipe(...masks.map(({ data }) => data));
      if (!(error instanceof OutputError)) throw error;
      throw new ModelError(`${name}: output ${output.name} ${error.message}`);
    }
  }
}
