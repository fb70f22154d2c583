import { floatsOf, integersOf } from '../onnx/tensor-values.js';
import { DataType, type OnnxNode, type OnnxTensor } from '../onnx/onnx-types.js';
import { integerAttribute } from '../onnx/graph-index.js';

/** A constant that is worked out here: a shape, a size, a factor, or one value per channel. */
export interface SmallValue {
  dims: number[];
  values: number[];
  /** False for integers, whose division rounds towards zero. */
  isFloat: boolean;
}

/** Larger constants are weights: they are never copied into numbers. */
const MAX_VALUES = 16_384;
const FLOATS: ReadonlySet<number | undefined> = new Set([DataType.float, DataType.float16]);
const INTEGERS: ReadonlySet<number | undefined> = new Set([DataType.int64, DataType.int32, DataType.bool]);

/** The values of a constant; undefined for weights and other element types. */
export function smallValueOf(tensor: OnnxTensor): SmallValue | undefined {
  if (tensor.dims.reduce((product, dim) => product * dim, 1) > MAX_VALUES) return undefined;
  if (FLOATS.has(tensor.dataType)) {
    return { dims: tensor.dims, values: Array.from(floatsOf(tensor)), isFloat: true };
  }
  if (!INTEGERS.has(tensor.dataType)) return undefined;
  return { dims: tensor.dims, values: integersOf(tensor), isFloat: false };
}

export const vector = (values: number[]): SmallValue => ({ dims: [values.length], values, isFloat: false });

/**
 * The result of an operation on constants, as exporters use them to work out shapes and factors; undefined for
 * operations that this does not know.
 */
export function evaluate(
  node: OnnxNode,
  inputs: readonly (SmallValue | undefined)[],
): SmallValue | undefined {
  const [first, second] = inputs;
  if (first === undefined) return undefined;
  const unary = UNARY[node.opType ?? ''];
  if (unary !== undefined) return { ...first, values: first.values.map(unary) };
  const binary = BINARY[node.opType ?? ''];
  if (binary !== undefined) return second === undefined ? undefined : elementwise(binary, first, second);
  return STRUCTURAL[node.opType ?? '']?.(node, first, inputs);
}

const UNARY: Record<string, (value: number) => number> = {
  Identity: (value) => value,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: (value) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)),
  Neg: (value) => -value,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Reciprocal: (value) => 1 / value,
  Not: (value) => (value === 0 ? 1 : 0),
};

const BINARY: Record<string, (a: number, b: number, isFloat: boolean) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b, isFloat) => (isFloat ? a / b : Math.trunc(a / b)),
  Mod: (a, b) => a - b * Math.floor(a / b),
  Pow: (a, b) => a ** b,
  Min: (a, b) => Math.min(a, b),
  Max: (a, b) => Math.max(a, b),
  Equal: (a, b) => (a === b ? 1 : 0),
  Greater: (a, b) => (a > b ? 1 : 0),
  Less: (a, b) => (a < b ? 1 : 0),
  And: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  Or: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
};

type Structural = (
  node: OnnxNode,
  first: SmallValue,
  inputs: readonly (SmallValue | undefined)[],
) => SmallValue | undefined;

const STRUCTURAL: Record<string, Structural> = {
  Cast: (node, first) => {
    const isFloat = FLOATS.has(integerAttribute(node, 'to')[0]);
    return { ...first, isFloat, values: isFloat ? first.values : first.values.map(Math.trunc) };
  },
  Concat: (_node, _first, inputs) => {
    if (inputs.some((each) => each === undefined || each.dims.length > 1)) return undefined;
    const parts = inputs as SmallValue[];
    return { ...vector(parts.flatMap(({ values }) => values)), isFloat: parts[0]?.isFloat ?? false };
  },
  Gather: (_node, first, [, indices]) => {
    if (indices === undefined || first.dims.length !== 1) return undefined;
    const values = indices.values.map((at) => first.values[at < 0 ? at + first.values.length : at] ?? NaN);
    return { ...first, dims: indices.dims, values };
  },
  Slice: sliced,
  Unsqueeze: (_node, first) => (first.dims.length === 0 ? { ...first, dims: [1] } : first),
  Squeeze: (_node, first) => (first.values.length === 1 ? { ...first, dims: [] } : first),
  Reshape: (_node, first, [, shape]) =>
    shape === undefined ? undefined : { ...first, dims: reshaped(first.values.length, shape.values) },
  ConstantOfShape: (node, first) => {
    const [count = 1] = first.values;
    if (first.values.length > 1 || count > MAX_VALUES) return undefined;
    const filler = node.attributes.find(({ name }) => name === 'value')?.t;
    const value = filler === undefined ? undefined : smallValueOf(filler);
    const values = Array<number>(count).fill(value?.values[0] ?? 0);
    return { dims: first.values.length === 0 ? [] : [count], values, isFloat: value?.isFloat ?? true };
  },
  Where: (_node, first, [, yes, no]) => {
    if (yes === undefined || no === undefined) return undefined;
    const chosen = first.values.map((is, i) => itemOf(is === 0 ? no : yes, i));
    return { dims: first.dims, values: chosen, isFloat: yes.isFloat };
  },
  Expand: (_node, first, [, shape]) => {
    const [count] = shape?.values ?? [];
    if (count === undefined || shape?.values.length !== 1 || count > MAX_VALUES) return undefined;
    return { ...first, dims: [count], values: Array.from({ length: count }, (_, i) => itemOf(first, i)) };
  },
  ReduceProd: (_node, first) => ({
    ...first,
    dims: [],
    values: [first.values.reduce((product, value) => product * value, 1)],
  }),
};

/** One axis, the first: bounds are inputs, or attributes in old files. */
function sliced(
  node: OnnxNode,
  first: SmallValue,
  [, from, to, , step]: readonly (SmallValue | undefined)[],
): SmallValue | undefined {
  const start = from?.values[0] ?? integerAttribute(node, 'starts')[0];
  const end = to?.values[0] ?? integerAttribute(node, 'ends')[0];
  if (start === undefined || end === undefined || first.dims.length !== 1) return undefined;
  if ((step?.values[0] ?? 1) !== 1) return undefined;
  const values = first.values.slice(start, end);
  return { ...first, dims: [values.length], values };
}

function elementwise(
  operation: (a: number, b: number, isFloat: boolean) => number,
  first: SmallValue,
  second: SmallValue,
): SmallValue | undefined {
  const longer = first.values.length >= second.values.length ? first : second;
  const shorter = longer === first ? second : first;
  const fits = shorter.values.length === 1 || shorter.values.length === longer.values.length;
  if (!fits) return undefined;
  const isFloat = first.isFloat || second.isFloat;
  const values = longer.values.map((_, i) => operation(itemOf(first, i), itemOf(second, i), isFloat));
  const dims = shorter.dims.length > longer.dims.length ? shorter.dims : longer.dims;
  return { dims, values, isFloat };
}

const itemOf = ({ values }: SmallValue, i: number): number => values[values.length === 1 ? 0 : i] ?? NaN;

/** Dimensions of a Reshape; -1 stands for what is left. */
export function reshaped(count: number, shape: readonly number[]): number[] {
  const known = shape.filter((dim) => dim > 0).reduce((product, dim) => product * dim, 1);
  return shape.map((dim) => (dim === -1 ? count / known : dim));
}
