import type { InferenceSession } from 'onnxruntime-node';
import { ModelError } from './model-files.js';
import type { ModelEntry } from './model-manifest.js';

/** A dimension: its length, or the name of one that is known at run time only. */
type Dimension = number | string;

/**
 * Compares what a loaded network takes and gives with what the manifest says about it.
 * @throws ModelError that names the difference
 */
export function checkInterface(session: InferenceSession, { name, input, output }: ModelEntry): void {
  const bytesIn = input.kind === 'u8-nhwc';
  const side = input.sidePixels;
  const taken = session.inputMetadata.find((each) => each.name === input.name);
  compare(`${name}: input ${input.name}`, taken, {
    type: bytesIn ? 'uint8' : 'float32',
    shapes: [bytesIn ? [1, side, side, 3] : [1, 3, side, side]],
  });
  if (session.inputMetadata.length > 1) throw new ModelError(`${name}: the model has further inputs`);
  const grid = output.sidePixels;
  const given = session.outputMetadata.find((each) => each.name === output.name);
  compare(`${name}: output ${output.name}`, given, {
    type: output.kind === 'u8' ? 'uint8' : 'float32',
    shapes: [
      [1, 1, grid, grid],
      [1, grid, grid],
    ],
  });
}

/** True when the first dimension of input and output is known at run time only. */
export const takesBatches = ({ inputMetadata, outputMetadata }: InferenceSession): boolean =>
  [...inputMetadata, ...outputMetadata].every((each) => each.isTensor && typeof each.shape[0] === 'string');

function compare(
  what: string,
  found: InferenceSession.ValueMetadata | undefined,
  wanted: { type: string; shapes: number[][] },
): void {
  if (found === undefined) throw new ModelError(`${what}: the model has none of that name`);
  if (!found.isTensor || found.type !== wanted.type) {
    throw new ModelError(`${what}: is not made of ${wanted.type}`);
  }
  if (!wanted.shapes.some((shape) => fits(found.shape, shape))) {
    throw new ModelError(`${what}: has the shape [${found.shape.join(', ')}]`);
  }
}

const fits = (found: readonly Dimension[], wanted: readonly number[]): boolean =>
  found.length === wanted.length && found.every((dim, i) => typeof dim === 'string' || dim === wanted[i]);
