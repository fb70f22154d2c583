import { ModelError } from '#inference/model-files.js';
import type { ModelEntry } from '#inference/model-manifest.js';
import type { FloatFacts } from './canonical/canonical-graph.js';

/**
 * What recipes need to know about a float model.
 * @throws ModelError when recipes do not apply to a model of this kind
 */
export function floatFacts({ name, input, output }: ModelEntry): FloatFacts {
  if (input.type === 'uint8') throw new ModelError(`${name} takes bytes: a float model is needed`);
  const { size, channels, normalization } = input;
  if (size.fit !== 'squash' || size.width !== size.height) {
    throw new ModelError(`${name} has no square input that pictures are squashed to`);
  }
  if (channels !== 'rgb') throw new ModelError(`${name} reads colors in another order than R, G, B`);
  const isPlain = output.class === undefined && !output.inverted;
  if (!isPlain || (output.kind !== 'probability' && output.kind !== 'logits')) {
    throw new ModelError(`${name} has an output other than opacity from 0 to 1, or its logits`);
  }
  return {
    inputSidePixels: size.width,
    mean: [...normalization.mean],
    std: [...normalization.std],
    outputName: output.name,
    isLogits: output.kind === 'logits',
  };
}
