import { model, node, tensor, value } from '#model-builder/onnx/onnx-build.js';
import { encodeModel } from '#model-builder/onnx/onnx-codec.js';
import { DataType, type OnnxNode, type OnnxTensor } from '#model-builder/onnx/onnx-types.js';

/** Side of the small networks' input. */
export const SMALL_SIDE = 64;

const HEAVY_WEIGHTS = 24 * 1024 * 1024;

/** @param batch images it takes at a time; any number when it is a name */
const planesOf = (batch: number | string): ReturnType<typeof value> =>
  value('input', DataType.float, [batch, 3, SMALL_SIDE, SMALL_SIDE]);

/** Opacity is the mean of the three channels as they come in, and nothing else: float in, float out. */
export function meanNetwork(batch: number | string = 'n'): Buffer {
  return encoded({
    nodes: [node('ReduceMean', ['input'], ['output'], { attributes: { axes: [1], keepdims: 1 } })],
    initializers: [],
    inputs: [planesOf(batch)],
    outputs: [value('output', DataType.float, [batch, 1, SMALL_SIDE, SMALL_SIDE])],
  });
}

/** The mean network with weights of 96 MiB beside it: an engine that loads it takes memory as one with a real model. */
export function heavyNetwork(): Buffer {
  return encoded({
    nodes: [
      node('ReduceMean', ['input'], ['mean'], { attributes: { axes: [1], keepdims: 1 } }),
      node('ReduceMax', ['weights'], ['zero'], { attributes: { axes: [0], keepdims: 1 } }),
      node('Add', ['mean', 'zero'], ['output']),
    ],
    initializers: [tensor('weights', new Float32Array(HEAVY_WEIGHTS))],
    inputs: [planesOf('n')],
    outputs: [value('output', DataType.float, ['n', 1, SMALL_SIDE, SMALL_SIDE])],
  });
}

/** Everything is the subject, whatever comes in: float in, float out. */
export function wholeNetwork(): Buffer {
  return encoded({
    nodes: [
      node('ReduceMean', ['input'], ['mean'], { attributes: { axes: [1], keepdims: 1 } }),
      node('Mul', ['mean', 'zero'], ['nothing']),
      node('Add', ['nothing', 'one'], ['output']),
    ],
    initializers: [tensor('zero', Float32Array.of(0)), tensor('one', Float32Array.of(1))],
    inputs: [planesOf('n')],
    outputs: [value('output', DataType.float, ['n', 1, SMALL_SIDE, SMALL_SIDE])],
  });
}

/** Opacity is the red channel, at half the size: bytes in, bytes out. */
export function redNetwork(): Buffer {
  const half = SMALL_SIDE / 2;
  return encoded({
    nodes: [
      node('Slice', ['pixels', 'from', 'to', 'axes', 'steps'], ['red']),
      node('Transpose', ['red'], ['mask'], { attributes: { perm: [0, 3, 1, 2] } }),
    ],
    initializers: [
      tensor('from', BigInt64Array.of(0n, 0n, 0n)),
      tensor('to', BigInt64Array.of(1000n, 1000n, 1n)),
      tensor('axes', BigInt64Array.of(1n, 2n, 3n)),
      tensor('steps', BigInt64Array.of(2n, 2n, 1n)),
    ],
    inputs: [value('pixels', DataType.uint8, ['n', SMALL_SIDE, SMALL_SIDE, 3])],
    outputs: [value('mask', DataType.uint8, ['n', 1, half, half])],
  });
}

const CHANNELS = 4;
const kernelOf = (side: number, padding: number): Record<string, number | number[]> => ({
  dilations: [1, 1],
  group: 1,
  kernel_shape: [side, side],
  pads: [padding, padding, padding, padding],
  strides: [1, 1],
});

/**
 * A network of the shape that recipes are made for: convolutions with ReLU, pooling, an enlargement whose size is
 * worked out at run time, concatenation, addition, a side output, and Resize → Sigmoid at the end. Shapes are
 * noted as exporters do. Weights are fixed and look random.
 */
export function segmentationNetwork(): Buffer {
  const initializers: OnnxTensor[] = [];
  const convolution = (from: string, to: string, channels: [number, number], stride = 1): OnnxNode => {
    const [inputs, outputs] = channels;
    const weights = Float32Array.from(
      { length: inputs * outputs * 9 },
      (_, i) => Math.sin(7 * i + inputs) / 4,
    );
    initializers.push(
      tensor(`${to}.weight`, weights, [outputs, inputs, 3, 3]),
      tensor(
        `${to}.bias`,
        Float32Array.from({ length: outputs }, (_, i) => Math.cos(i) / 8),
      ),
    );
    return node('Conv', [from, `${to}.weight`, `${to}.bias`], [to], {
      attributes: { ...kernelOf(3, 1), strides: [stride, stride] },
    });
  };
  const relu = (from: string, to: string): OnnxNode => node('Relu', [from], [to]);
  const resize = (from: string, to: string, side: number): OnnxNode[] => {
    initializers.push(
      tensor(`${to}.first`, BigInt64Array.of(0n)),
      tensor(`${to}.second`, BigInt64Array.of(2n)),
    );
    const fixed = node('Constant', [], [`${to}.fixed`]);
    const sides = tensor('', BigInt64Array.of(BigInt(side), BigInt(side)));
    fixed.attributes.push({ name: 'value', t: sides, type: 4, floats: [], ints: [], rest: [] });
    return [
      node('Shape', [from], [`${to}.shape`]),
      fixed,
      node('Slice', [`${to}.shape`, `${to}.first`, `${to}.second`], [`${to}.outer`]),
      node('Concat', [`${to}.outer`, `${to}.fixed`], [`${to}.sizes`], { attributes: { axis: 0 } }),
      node('Resize', [from, '', '', `${to}.sizes`], [to], {
        attributes: { coordinate_transformation_mode: 'half_pixel', mode: 'linear' },
      }),
    ];
  };
  const [half, quarter] = [SMALL_SIDE / 2, SMALL_SIDE / 4];
  const nodes = [
    convolution('input', 'stem', [3, CHANNELS], 2),
    convolution('stem', 'a', [CHANNELS, CHANNELS]),
    relu('a', 'a.relu'),
    node('MaxPool', ['a.relu'], ['pool'], {
      attributes: { ceil_mode: 1, kernel_shape: [2, 2], pads: [0, 0, 0, 0], strides: [2, 2] },
    }),
    convolution('pool', 'b', [CHANNELS, CHANNELS]),
    relu('b', 'b.relu'),
    ...resize('b.relu', 'up', half),
    node('Concat', ['up', 'a.relu'], ['joined'], { attributes: { axis: 1 } }),
    convolution('joined', 'c', [2 * CHANNELS, CHANNELS]),
    relu('c', 'c.relu'),
    node('Add', ['c.relu', 'a.relu'], ['sum']),
    convolution('sum', 'logits', [CHANNELS, 1]),
    ...resize('logits', 'large', SMALL_SIDE),
    node('Sigmoid', ['large'], ['output']),
    node('Sigmoid', ['b.relu'], ['side']),
  ];
  const info = (name: string, channels: number, side: number): ReturnType<typeof value> =>
    value(name, DataType.float, [1, channels, side, side]);
  const built = model({
    name: 'small',
    nodes,
    initializers,
    inputs: [info('input', 3, SMALL_SIDE)],
    outputs: [info('output', 1, SMALL_SIDE), info('side', CHANNELS, quarter)],
  });
  built.graph?.valueInfo.push(info('b.relu', CHANNELS, quarter), info('logits', 1, half));
  return Buffer.concat(encodeModel(built));
}

function encoded(parts: Omit<Parameters<typeof model>[0], 'name'>): Buffer {
  return Buffer.concat(encodeModel(model({ name: 'small', ...parts })));
}
