import { model, node, scalar, tensor, value } from '#model-builder/onnx/onnx-build.js';
import { encodeModel } from '#model-builder/onnx/onnx-codec.js';
import {
  AttributeType,
  DataType,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '#model-builder/onnx/onnx-types.js';

/** Side of the graphs' square inputs. */
export const SIDE = 32;

type Dims = readonly (number | string)[];

/** Nodes from the first channel to the output, and their constants. */
export interface GraphTail {
  nodes: OnnxNode[];
  initializers?: OnnxTensor[];
}

/** Parts of a graph that differ from the usual one: float32 [1, 3, 32, 32] in, [1, 1, 32, 32] out. */
export interface GraphDetails {
  inputName?: string;
  inputType?: number;
  inputDims?: Dims;
  outputName?: string;
  outputType?: number;
  outputDims?: Dims | undefined;
  /** Where the channels of the input are. */
  axis?: number;
  /** Nodes from `red`, the first channel [n, 1, h, w], to the output. */
  tail?: (red: string, output: string) => GraphTail;
  /** Further outputs in their order, with `main` where the main output is. */
  more?: readonly {
    name: string;
    dims: Dims | undefined;
    nodes: OnnxNode[];
    initializers?: OnnxTensor[];
    isFirst?: boolean;
  }[];
  change?: (built: OnnxModel) => void;
}

const float = (name: string, number: number): OnnxTensor => scalar(name, Float32Array.of(number));

/** `values * factor + offset` */
export const scaled =
  (factor: number, offset: number) =>
  (from: string, to: string): { nodes: OnnxNode[]; initializers: OnnxTensor[] } => ({
    nodes: [
      node('Mul', [from, `${to}.factor`], [`${to}.product`]),
      node('Add', [`${to}.product`, `${to}.offset`], [to]),
    ],
    initializers: [float(`${to}.factor`, factor), float(`${to}.offset`, offset)],
  });

const identity = (from: string, to: string): { nodes: OnnxNode[]; initializers?: OnnxTensor[] } => ({
  nodes: [node('Identity', [from], [to])],
});

/** An attribute that is a float. */
export const floatAttribute = (made: OnnxNode, name: string, number: number): OnnxNode => {
  made.attributes.push({ name, f: number, type: AttributeType.float, floats: [], ints: [], rest: [] });
  return made;
};

/** A cast to another element type. */
export const cast = (from: string, to: string, type: number): OnnxNode =>
  node('Cast', [from], [to], { attributes: { to: type } });

/** A small graph whose matte is made of the first channel of its input. */
export function mattingGraph(details: GraphDetails = {}): OnnxModel {
  const {
    inputName = 'input',
    inputType = DataType.float,
    inputDims = [1, 3, SIDE, SIDE],
    outputName = 'output',
    outputType = DataType.float,
    axis = 1,
    tail = identity,
    more = [],
  } = details;
  const outputDims = 'outputDims' in details ? details.outputDims : [1, 1, SIDE, SIDE];
  const body = tail('red', outputName);
  const built = model({
    name: 'matting',
    nodes: [
      node('Slice', [inputName, 'from', 'to', 'axes'], ['red']),
      ...body.nodes,
      ...more.flatMap(({ nodes }) => nodes),
    ],
    initializers: [
      tensor('from', BigInt64Array.of(0n)),
      tensor('to', BigInt64Array.of(1n)),
      tensor('axes', BigInt64Array.of(BigInt(axis))),
      ...(body.initializers ?? []),
      ...more.flatMap(({ initializers = [] }) => initializers),
    ],
    inputs: [value(inputName, inputType, inputDims)],
    outputs: [
      ...more.filter(({ isFirst }) => isFirst).map(({ name, dims }) => outputOf(name, DataType.float, dims)),
      outputOf(outputName, outputType, outputDims),
      ...more.filter(({ isFirst }) => !isFirst).map(({ name, dims }) => outputOf(name, DataType.float, dims)),
    ],
  });
  details.change?.(built);
  return built;
}

/** An output; without dimensions its shape is not declared. */
function outputOf(name: string, type: number, dims: Dims | undefined): ReturnType<typeof value> {
  if (dims !== undefined) return value(name, type, dims);
  return { name, type: { tensorType: { elemType: type, rest: [] }, rest: [] }, rest: [] };
}

/** The bytes of a model. */
export const bytesOf = (built: OnnxModel): Buffer => Buffer.concat(encodeModel(built));

/** A constant whose values are in another file, as exporters of large models write it. */
export function externalTensor(
  name: string,
  dims: readonly number[],
  location: string,
  length: number,
): OnnxTensor {
  const entry = (key: string, value: string): OnnxTensor['externalData'][number] => ({
    key,
    value,
    rest: [],
  });
  return {
    dims: [...dims],
    dataType: DataType.float,
    name,
    externalData: [entry('location', location), entry('offset', '0'), entry('length', String(length))],
    dataLocation: 1,
    rest: [],
  };
}

/** Dimensions whose height and width are dynamic, with that many channels. */
export const dynamic = (batch: number | string, channels: number): (number | string)[] => [
  batch,
  channels,
  'h',
  'w',
];
/** Averages of 2 x 2 pixels. */
export const doubled = (from: string, to: string): GraphTail => ({
  nodes: [node('AveragePool', [from], [to], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } })],
});
/** The same values in another shape. */
export const reshaped =
  (dims: readonly number[]) =>
  (from: string, to: string): GraphTail => ({
    nodes: [node('Reshape', [from, 'dims'], [to])],
    initializers: [tensor('dims', BigInt64Array.from(dims, BigInt))],
  });

/** Two channels: background as `1 - red`, subject as `red`, each times `factor`; softmax if asked. */
export const twoClasses =
  (factor: number, softmax: boolean, order: 'subject-last' | 'subject-first' = 'subject-last') =>
  (from: string, to: string): GraphTail => {
    const [subject, background] = [
      scaled(factor, 0)(from, 'subject'),
      scaled(-factor, factor)(from, 'background'),
    ];
    const both = order === 'subject-last' ? ['background', 'subject'] : ['subject', 'background'];
    const joined = softmax ? 'joined' : to;
    return {
      nodes: [
        ...subject.nodes,
        ...background.nodes,
        node('Concat', both, [joined], { attributes: { axis: 1 } }),
        ...(softmax ? [node('Softmax', [joined], [to], { attributes: { axis: 1 } })] : []),
      ],
      initializers: [...subject.initializers, ...background.initializers],
    };
  };

/** The same value everywhere. */
export const constant =
  (number: number) =>
  (from: string, to: string): GraphTail =>
    scaled(0, number)(from, to);

/** The values, plus a dividend over zero: NaN or infinity. */
export const divided =
  (dividend: number) =>
  (from: string, to: string): GraphTail => {
    const [above, below] = [scaled(0, dividend)(from, 'above'), scaled(0, 0)(from, 'below')];
    return {
      nodes: [
        ...above.nodes,
        ...below.nodes,
        node('Div', ['above', 'below'], ['quotient']),
        node('Add', [from, 'quotient'], [to]),
      ],
      initializers: [...above.initializers, ...below.initializers],
    };
  };
