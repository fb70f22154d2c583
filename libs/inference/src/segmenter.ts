import { InferenceSession, Tensor } from 'onnxruntime-node';
import { wipe } from '#vault/wipe.js';
import type { ModelEntry } from './model.manifest.js';

/**
 * A loaded network. `segment` blocks the event loop while it runs (onnxruntime-node computes on the calling
 * thread), so it belongs into a process of its own. One call at a time.
 */
export class Segmenter {
  readonly sidePixels: number;
  readonly #session: InferenceSession;
  readonly #entry: ModelEntry;
  readonly #tables: Float32Array[];
  readonly #planes: Float32Array;

  private constructor(session: InferenceSession, entry: ModelEntry) {
    this.#session = session;
    this.#entry = entry;
    this.sidePixels = entry.input.sidePixels;
    this.#tables = normalisation(entry);
    this.#planes = new Float32Array(3 * this.sidePixels ** 2);
  }

  /**
   * Loads a model file. Memory patterns and the arena are off so that pixels do not linger in pools; graph
   * optimisation `all` is measured: it loads 0.2 s slower than `extended` and then infers a fifth faster.
   * @throws Error of ONNX Runtime when the file is no model, or lacks the manifest's input or output
   */
  static async load(entry: ModelEntry, path: string, threads: number): Promise<Segmenter> {
    const session = await InferenceSession.create(path, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableMemPattern: false,
      enableCpuMemArena: false,
      logSeverityLevel: 3,
    });
    if (!session.inputNames.includes(entry.input.name) || !session.outputNames.includes(entry.output.name)) {
      throw new Error(`${entry.name}: the model has no such input or output`);
    }
    return new Segmenter(session, entry);
  }

  /** Runs once on a grey image, so that the first job does not pay for first touches of memory. */
  async warmUp(): Promise<void> {
    wipe(await this.segment(new Uint8Array(3 * this.sidePixels ** 2).fill(128)));
  }

  /**
   * @param pixels side × side × 3 bytes: rows, columns, R G B. Not kept and not changed.
   * @returns side × side bytes of opacity, the caller's to wipe
   */
  readonly segment = async (pixels: Uint8Array): Promise<Uint8Array> => {
    const side = this.sidePixels;
    const { input, output } = this.#entry;
    toPlanes(this.#planes, pixels, this.#tables);
    const fed = new Tensor('float32', this.#planes, [1, 3, side, side]);
    try {
      // Only the main output is named, so that the others are not copied out.
      const results = await this.#session.run({ [input.name]: fed }, [output.name]);
      const opacity = results[output.name] as Tensor;
      const values = opacity.data as Float32Array;
      const mask = toBytes(values, output.activation === 'sigmoid');
      values.fill(0);
      opacity.dispose();
      return mask;
    } finally {
      this.#planes.fill(0);
    }
  };

  /** Frees the network's memory. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** What each byte value of R, G and B becomes: `(value - mean) / std`. */
function normalisation({ input }: ModelEntry): Float32Array[] {
  return input.mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - mean) / (input.std[channel] as number)),
  );
}

/** Interleaved bytes to one plane of floats per channel. */
function toPlanes(planes: Float32Array, pixels: Uint8Array, tables: Float32Array[]): void {
  const size = planes.length / 3;
  for (let channel = 0; channel < 3; channel += 1) {
    const table = tables[channel] as Float32Array;
    const start = channel * size;
    for (let i = 0, at = channel; i < size; i += 1, at += 3)
      planes[start + i] = table[pixels[at] as number] as number;
  }
}

/** Opacity 0..1 to 0..255, rounded and clamped. */
function toBytes(values: Float32Array, logits: boolean): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i += 1) {
    const raw = values[i] as number;
    const value = logits ? 1 / (1 + Math.exp(-raw)) : raw;
    mask[i] = value <= 0 ? 0 : value >= 1 ? 255 : value * 255 + 0.5;
  }
  return mask;
}
