import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { CanonicalGraph } from '../canonical/canonical-graph.js';
import type { Normalization } from '../canonical/picture-ends.js';
import { model, value } from '../onnx/onnx-build.js';
import { encodeModel } from '../onnx/onnx-codec.js';
import { DataType, type OnnxGraph } from '../onnx/onnx-types.js';
import { observedTensors } from '../recipe/channel-steps.js';
import { keepOutputs } from '../onnx/graph-steps.js';
import { ActivationRecord } from './activation-record.js';
import type { Calibration } from '../recipe/calibration.js';

/** Outputs of one run: more would hold more inner values at once. */
const AT_ONCE = 42;

/** The method of `observe`, for the calibration file. */
export const methodOf = (side: number): string =>
  `float32, pixels resized to ${side} x ${side} with lanczos3; magnitudes per channel over all photos; p999 is the upper edge of a bucket 12 % wide; likeness is the correlation of neighbours in a row; three significant digits`;

/** A picture as the model reads it: rows, columns, R G B. */
export type Pixels = Uint8Array;

/** A session for pictures of one size, on the CPU. */
export function openGraph(graph: OnnxGraph, name: string, threads: number): Promise<InferenceSession> {
  const { nodes, initializers, inputs, outputs } = graph;
  const pieces = encodeModel(model({ name, nodes, initializers, inputs, outputs }));
  return InferenceSession.create(Buffer.concat(pieces), {
    intraOpNumThreads: threads,
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
}

/** Planes of a picture, each pixel as `(value - mean) / std`. */
export function planesOf(pixels: Pixels, side: number, { mean, std }: Normalization): Tensor {
  const size = side * side;
  const planes = new Float32Array(3 * size);
  for (let channel = 0; channel < 3; channel += 1) {
    const [by, offset] = [std[channel] ?? 1, mean[channel] ?? 0];
    for (let i = 0; i < size; i += 1) {
      planes[channel * size + i] = ((pixels[3 * i + channel] ?? 0) - offset) / by;
    }
  }
  return new Tensor('float32', planes, [1, 3, side, side]);
}

/**
 * Records activation statistics of a float network.
 * @param pictures pixels of each, one after the other
 * @param side of the network's input, in pixels
 */
export async function observe(
  { graph, normalization }: CanonicalGraph,
  pictures: AsyncIterable<Pixels>,
  { side, threads }: { side: number; threads: number },
): Promise<Calibration['tensors']> {
  const names = observedTensors(graph);
  const records = new Map(names.map((name) => [name, new ActivationRecord()]));
  // Dynamic dimensions of one name would have to be equal.
  const outputs = names.map((name, i) => value(name, DataType.float, ['n', `c${i}`, `h${i}`, `w${i}`]));
  const session = await openGraph(keepOutputs(graph, outputs), 'observed', threads);
  try {
    for await (const pixels of pictures) {
      const feeds = { [session.inputNames[0] ?? '']: planesOf(pixels, side, normalization) };
      for (let at = 0; at < names.length; at += AT_ONCE) {
        const values = await session.run(feeds, names.slice(at, at + AT_ONCE));
        for (const [name, tensor] of Object.entries(values)) {
          records.get(name)?.add(tensor.data as Float32Array, tensor.dims[1] ?? 1);
          tensor.dispose();
        }
      }
    }
  } finally {
    await session.release();
  }
  return Object.fromEntries([...records].map(([name, record]) => [name, record.statistics()]));
}

/** Text of a calibration file: one line for each tensor and list, for readable diffs. */
export function calibrationText({ tensors, ...head }: Calibration): string {
  const lines = Object.entries(tensors).map(
    ([name, lists]) =>
      `    ${JSON.stringify(name)}: {\n${Object.entries(lists)
        .map(([key, list]) => `      "${key}": ${JSON.stringify(list)}`)
        .join(',\n')}\n    }`,
  );
  const opening = JSON.stringify(head, null, 2).replace(/\n}$/, ',\n  "tensors": {\n');
  return `${opening}${lines.join(',\n')}\n  }\n}\n`;
}
