import { InferenceSession, Tensor } from 'onnxruntime-node';
import { wipe } from '#vault/wipe.js';
import { damageOf, ModelError } from './model.files.js';
import type { ModelEntry } from './model.manifest.js';
import { normalisation, toBytes, toPlanes } from './pixel.values.js';
import { checkInterface } from './session.check.js';

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
  readonly #session: InferenceSession;
  readonly #entry: ModelEntry;
  readonly #feed: Feed;

  private constructor(session: InferenceSession, entry: ModelEntry) {
    this.#session = session;
    this.#entry = entry;
    this.sidePixels = entry.input.sidePixels;
    this.#feed = entry.input.kind === 'u8-nhwc' ? byteFeed(entry.input) : floatFeed(entry.input);
  }

  /**
   * Loads a model file after checking its content. Memory patterns and the arena are off so that pixels do not
   * linger in pools; graph optimisation `all` is measured: it loads 0.2 s slower than `extended` and then infers
   * a fifth faster.
   * @throws ModelError when the file is not the manifest's, is no model, or has another input or output
   */
  static async load(entry: ModelEntry, path: string, threads: number): Promise<Segmenter> {
    const damage = await damageOf(path, entry);
    if (damage !== undefined) throw damage;
    const session = await InferenceSession.create(path, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableMemPattern: false,
      enableCpuMemArena: false,
      logSeverityLevel: 3,
    }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      throw new ModelError(`${entry.name}: ${path} cannot be loaded: ${reason}`);
    });
    checkInterface(session, entry);
    return new Segmenter(session, entry);
  }

  /** Runs once on a grey image, so that the first job does not pay for first touches of memory. */
  async warmUp(): Promise<void> {
    wipe((await this.segment(new Uint8Array(3 * this.sidePixels ** 2).fill(128))).data);
  }

  /**
   * @param pixels side × side × 3 bytes: rows, columns, R G B. Not kept and not changed.
   * @returns opacity on the model's own grid, which may be coarser than the input
   * @throws ModelError when the result has not as many values as the manifest says
   */
  readonly segment = async (pixels: Uint8Array): Promise<OpacityMask> => {
    const { input, output } = this.#entry;
    try {
      // Only the main output is named, so that others are not copied out.
      const results = await this.#session.run({ [input.name]: this.#feed.fill(pixels) }, [output.name]);
      const opacity = results[output.name] as Tensor;
      const values = opacity.data as Float32Array | Uint8Array;
      const data = toMask(values, output);
      values.fill(0);
      opacity.dispose();
      if (data.length !== output.sidePixels ** 2) {
        throw new ModelError(`${this.#entry.name}: the output is not ${output.sidePixels} pixels square`);
      }
      return { data, width: output.sidePixels, height: output.sidePixels };
    } finally {
      this.#feed.clear();
    }
  };

  /** Frees the network's memory. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Makes pixels into what a network takes. */
interface Feed {
  fill: (pixels: Uint8Array) => Tensor;
  clear: () => void;
}

/** The pixels as they are, not copied. */
const byteFeed = ({ sidePixels: side }: ModelEntry['input']): Feed => ({
  fill: (pixels) => new Tensor('uint8', pixels, [1, side, side, 3]),
  clear: () => undefined,
});

/** Planes of floats, in memory that is used again. */
function floatFeed(input: Extract<ModelEntry['input'], { kind: 'f32-nchw' }>): Feed {
  const side = input.sidePixels;
  const tables = normalisation(input);
  const planes = new Float32Array(3 * side ** 2);
  return {
    fill: (pixels) => {
      toPlanes(planes, pixels, tables);
      return new Tensor('float32', planes, [1, 3, side, side]);
    },
    clear: () => void planes.fill(0),
  };
}

const toMask = (values: Float32Array | Uint8Array, output: ModelEntry['output']): Uint8Array =>
  output.kind === 'u8' ? Uint8Array.from(values) : toBytes(values, output.activation === 'sigmoid');
