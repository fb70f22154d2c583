import type { OnnxNode } from '../onnx/onnx-types.js';
import { integerAttribute } from '../onnx/graph-index.js';
import { reshaped, type SmallValue } from './small-values.js';

/** Dimensions of a value: images, channels, rows, columns. */
export type Dims = readonly number[];

/** What is known about the inputs of an operation. */
export interface KnownInputs {
  dims: (at: number) => Dims | undefined;
  constant: (at: number) => SmallValue | undefined;
}

/** Dimensions of an operation's first output; undefined when this does not know them. */
export function shapeOf(node: OnnxNode, known: KnownInputs): Dims | undefined {
  const first = known.dims(0);
  if (first === undefined) return undefined;
  return SHAPES[node.opType ?? '']?.(node, first, known);
}

type ShapeRule = (node: OnnxNode, first: Dims, known: KnownInputs) => Dims | undefined;

const same: ShapeRule = (_node, first) => first;

const broadcast: ShapeRule = (_node, first, { dims }) => {
  const second = dims(1) ?? [];
  const rank = Math.max(first.length, second.length);
  return Array.from({ length: rank }, (_, i) =>
    Math.max(first[i - rank + first.length] ?? 1, second[i - rank + second.length] ?? 1),
  );
};

const SHAPES: Record<string, ShapeRule> = {
  ...Object.fromEntries(
    ['Relu', 'Sigmoid', 'Clip', 'BatchNormalization', 'Identity', 'Dropout', 'Cast'].map((op) => [op, same]),
  ),
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div', 'Sum'].map((op) => [op, broadcast])),
  Conv: (node, [images = 1, , ...sides], { dims }) => {
    const kernel = dims(1);
    return kernel === undefined
      ? undefined
      : [images, kernel[0] ?? 0, ...windowed(node, sides, kernel.slice(2))];
  },
  MaxPool: (node, [images = 1, channels = 0, ...sides]) => [
    images,
    channels,
    ...windowed(node, sides, integerAttribute(node, 'kernel_shape')),
  ],
  Concat: (node, first, { dims }) => {
    const [axis = 1] = integerAttribute(node, 'axis');
    const at = axis < 0 ? axis + first.length : axis;
    let sum = 0;
    for (let i = 0; i < node.inputs.length; i += 1) sum += dims(i)?.[at] ?? NaN;
    return first.map((dim, i) => (i === at ? sum : dim));
  },
  Resize: (node, first, { constant }) => {
    const [scales, sizes] = [constant(2)?.values ?? [], constant(3)?.values ?? []];
    // From operator set 18, factors and sizes may be those of some axes only.
    const listed = integerAttribute(node, 'axes').map((axis) => (axis < 0 ? axis + first.length : axis));
    const axes = listed.length === 0 ? first.map((_, axis) => axis) : listed;
    if (sizes.length !== axes.length && scales.length !== axes.length) return undefined;
    return first.map((dim, axis) => {
      const at = axes.indexOf(axis);
      if (at < 0) return dim;
      return sizes.length > 0 ? (sizes[at] ?? NaN) : Math.floor(dim * (scales[at] ?? NaN));
    });
  },
  Pad: (node, first, { constant }) => {
    const pads = constant(1)?.values ?? integerAttribute(node, 'pads');
    return first.map((dim, i) => dim + (pads[i] ?? 0) + (pads[i + first.length] ?? 0));
  },
  Transpose: (node, first) => integerAttribute(node, 'perm').map((at) => first[at] ?? NaN),
  Reshape: (_node, first, { constant }) => {
    const shape = constant(1)?.values.map((dim, i) => (dim === 0 ? (first[i] ?? NaN) : dim));
    return shape === undefined
      ? undefined
      : reshaped(
          first.reduce((product, dim) => product * dim, 1),
          shape,
        );
  },
};

/** Explicit padding of a convolution or pooling: rows and columns before, rows and columns after. */
export function padsOf(node: OnnxNode, sides: Dims, kernel: readonly number[]): number[] {
  const auto = new TextDecoder().decode(node.attributes.find(({ name }) => name === 'auto_pad')?.s);
  const explicit = integerAttribute(node, 'pads');
  if (auto === '' || auto === 'NOTSET') {
    return explicit.length === 0 ? kernel.concat(kernel).map(() => 0) : explicit;
  }
  const strides = integerAttribute(node, 'strides');
  const total = kernel.map((size, i) => {
    if (auto === 'VALID') return 0;
    const [side = 0, stride] = [sides[i], strides[i] ?? 1];
    return Math.max(0, (Math.ceil(side / stride) - 1) * stride + extent(node, size, i) - side);
  });
  const smaller = total.map((pad) => Math.floor(pad / 2));
  const larger = total.map((pad, i) => pad - (smaller[i] ?? 0));
  return auto === 'SAME_LOWER' ? [...larger, ...smaller] : [...smaller, ...larger];
}

function windowed(node: OnnxNode, sides: Dims, kernel: readonly number[]): number[] {
  const pads = padsOf(node, sides, kernel);
  const strides = integerAttribute(node, 'strides');
  const round = integerAttribute(node, 'ceil_mode')[0] === 1 ? Math.ceil : Math.floor;
  return sides.map((side, i) => {
    const padded = side + (pads[i] ?? 0) + (pads[i + sides.length] ?? 0);
    return round((padded - extent(node, kernel[i] ?? 1, i)) / (strides[i] ?? 1)) + 1;
  });
}

/** Pixels that a kernel covers along one side. */
const extent = (node: OnnxNode, size: number, i: number): number =>
  (size - 1) * (integerAttribute(node, 'dilations')[i] ?? 1) + 1;
