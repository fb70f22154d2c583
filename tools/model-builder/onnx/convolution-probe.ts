import type { FloatWidth } from '#inference/session-factory.js';
import { DataType } from './onnx-types.js';
import { encodeModel } from './onnx-codec.js';
import { model, node, value } from './onnx-build.js';

const CHANNELS = 8;
const SIDE = 8;
const KERNEL = 3;

/**
 * The smallest model that shows whether a device runs the main operation of segmentation models: one float
 * convolution, whose weights are an input as well. `libs/inference/src/session-factory.ts` contains its bytes.
 */
export function convolutionProbe(width: FloatWidth): Uint8Array {
  const type = width === 16 ? DataType.float16 : DataType.float;
  const pieces = encodeModel(
    model({
      name: 'probe',
      nodes: [
        node('Conv', ['input', 'weights'], ['output'], {
          attributes: { kernel_shape: [KERNEL, KERNEL], pads: [1, 1, 1, 1] },
        }),
      ],
      initializers: [],
      inputs: [
        value('input', type, [1, CHANNELS, SIDE, SIDE]),
        value('weights', type, [CHANNELS, CHANNELS, KERNEL, KERNEL]),
      ],
      outputs: [value('output', type, [1, CHANNELS, SIDE, SIDE])],
    }),
  );
  return Buffer.concat(pieces);
}
