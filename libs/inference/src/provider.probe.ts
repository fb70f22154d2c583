import { model, node, value } from './onnx/onnx.build.js';
import { encodeModel } from './onnx/onnx.codec.js';
import { DataType } from './onnx/onnx.types.js';

/** Width of the numbers that a network computes in. */
export type FloatWidth = 16 | 32;

const CHANNELS = 8;
const SIDE = 8;
const KERNEL = 3;

/**
 * The least network that tells whether a device can do what segmentation networks are made of: one convolution
 * of floats, whose weights are an input as well. As ONNX.
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
