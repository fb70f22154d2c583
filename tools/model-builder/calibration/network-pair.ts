import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { tensor, value } from '../onnx/onnx-build.js';
import { DataType, type OnnxGraph } from '../onnx/onnx-types.js';
import type { CanonicalGraph } from '../canonical/canonical-graph.js';
import { PIXELS } from '../recipe/mask-ends.js';
import { doubling } from '../onnx/resize-doubling.js';
import { openGraph, planesOf, type Pixels } from './observation.js';

/** Logits of one picture from both networks, and the time that each took. */
export interface PairRun {
  floats: Float32Array;
  bytes: Float32Array;
  floatMs: number;
  byteMs: number;
}

/** A float network and its int8 counterpart, both with logits as their output. */
export class NetworkPair {
  private readonly canonical: CanonicalGraph;
  private readonly side: number;
  private readonly floats: InferenceSession;
  private readonly bytes: InferenceSession;

  private constructor(
    canonical: CanonicalGraph,
    side: number,
    sessions: { floats: InferenceSession; bytes: InferenceSession },
  ) {
    this.canonical = canonical;
    this.side = side;
    this.floats = sessions.floats;
    this.bytes = sessions.bytes;
  }

  /** @param bytes the int8 graph up to its logits */
  static async open(
    canonical: CanonicalGraph,
    bytes: OnnxGraph,
    { side, threads }: { side: number; threads: number },
  ): Promise<NetworkPair> {
    const floats = await openGraph(canonical.graph, 'float', threads);
    try {
      const sessions = { floats, bytes: await openGraph(bytes, 'int8', threads) };
      return new NetworkPair(canonical, side, sessions);
    } catch (error) {
      await floats.release();
      throw error;
    }
  }

  async run(pixels: Pixels): Promise<PairRun> {
    const { side } = this;
    const planes = planesOf(pixels, side, this.canonical.normalization);
    const startedAt = performance.now();
    const floats = await logitsOf(this.floats, this.floats.inputNames[0] ?? '', planes);
    const between = performance.now();
    const image = new Tensor('uint8', pixels, [1, side, side, 3]);
    const bytes = await logitsOf(this.bytes, PIXELS, image);
    return { floats, bytes, floatMs: between - startedAt, byteMs: performance.now() - between };
  }

  async release(): Promise<void> {
    await this.floats.release();
    await this.bytes.release();
  }
}

async function logitsOf(session: InferenceSession, input: string, tensor: Tensor): Promise<Float32Array> {
  const results = await session.run({ [input]: tensor });
  return results[session.outputNames[0] ?? '']?.data as Float32Array;
}

/** Opacity of logits: 255 × sigmoid, rounded. */
export const opacityOf = (logits: Float32Array): Uint8Array =>
  Uint8Array.from(logits, (logit) => Math.round(255 / (1 + Math.exp(-logit))));

/**
 * Opacity by the float network for one picture, enlarged bilinearly by a power of two.
 * @param width columns of the result
 */
export async function opacityOfWidth(
  { graph, normalization, gridSidePixels }: CanonicalGraph,
  width: number,
  { pixels, side, threads }: { pixels: Pixels; side: number; threads: number },
): Promise<Uint8Array> {
  const nodes = [...graph.nodes];
  let logits = graph.outputs[0]?.name ?? '';
  for (let columns = gridSidePixels; columns < width; columns *= 2) {
    nodes.push(doubling(logits, `enlarged_${columns}`, 'by_two'));
    logits = `enlarged_${columns}`;
  }
  const initializers = [...graph.initializers, tensor('by_two', Float32Array.of(1, 1, 2, 2))];
  const outputs = [value(logits, DataType.float, ['n', 1, 'mask_rows', 'mask_columns'])];
  const session = await openGraph({ ...graph, nodes, initializers, outputs }, 'float', threads);
  try {
    const planes = planesOf(pixels, side, normalization);
    return opacityOf(await logitsOf(session, session.inputNames[0] ?? '', planes));
  } finally {
    await session.release();
  }
}
