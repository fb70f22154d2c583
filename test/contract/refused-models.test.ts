/** @jest-environment ./test/harness/onnx-environment.cjs */
import { additionSchema } from '#model-builder/model-addition.js';
import { node, tensor } from '#model-builder/onnx/onnx-build.js';
import { DataType } from '#model-builder/onnx/onnx-types.js';
import { UNIT, useRegistry, type Options } from '../harness/added-models.js';
import {
  bytesOf,
  cast,
  constant,
  divided,
  doubled,
  dynamic,
  floatAttribute,
  mattingGraph,
  reshaped,
  scaled,
  SIDE,
  twoClasses,
  type GraphDetails,
} from '../harness/matting-graphs.js';

/** A graph that is refused, and a part of the reason. */
interface Refused {
  title: string;
  graph?: GraphDetails;
  bytes?: Buffer;
  options?: Options;
  reason: string;
}

/** The values in the opposite order along an axis. */
const reversed =
  (axis: number): NonNullable<GraphDetails['tail']> =>
  (from, to) => ({
    nodes: [node('Slice', [from, 'last', 'before', 'axis', 'back'], [to])],
    initializers: [
      tensor('last', BigInt64Array.of(-1n)),
      tensor('before', BigInt64Array.of(-1000n)),
      tensor('axis', BigInt64Array.of(BigInt(axis))),
      tensor('back', BigInt64Array.of(-1n)),
    ],
  });

const REFUSED: readonly Refused[] = [
  {
    title: 'logits that are declared as opacity',
    graph: { tail: scaled(26, -14) },
    options: { ...UNIT, output: 'sigmoid' },
    reason:
      'values from -14 to 12, and opacity is 0 to 1; this looks like logits, that is, values before the sigmoid: use --output logits',
  },
  {
    title: 'opacity that is declared as logits',
    graph: {},
    options: { ...UNIT, output: 'logits' },
    reason: 'this looks like opacity from 0 to 1: use --output probability',
  },
  {
    title: 'opacity from 0 to 255 that is declared as 0 to 1',
    graph: { tail: scaled(255, 0) },
    options: { ...UNIT, output: 'probability' },
    reason: 'this looks like opacity from 0 to 255: use --output bytes',
  },
  {
    title: 'opacity from 0 to 1 that is declared as 0 to 255',
    graph: {},
    options: { ...UNIT, output: 'bytes' },
    reason: 'this looks like opacity from 0 to 1',
  },
  {
    title: 'a sigmoid of a sigmoid',
    graph: { tail: (from, to) => ({ nodes: [node('Sigmoid', [from], [to])] }) },
    reason: 'nothing is background on any picture',
  },
  {
    title: 'values from -1 to 1 without a word',
    graph: { tail: scaled(2, -1) },
    reason: 'add --output signed',
  },
  { title: 'values that fit nothing', graph: { tail: scaled(7, 0) }, reason: 'may be several things' },
  { title: 'NaN', graph: { tail: divided(0) }, reason: 'not numbers (NaN)' },
  { title: 'infinity', graph: { tail: divided(1) }, reason: 'infinite values' },
  { title: 'the same value everywhere', graph: { tail: constant(0.5) }, reason: 'same value everywhere' },
  {
    title: 'a mask that ignores the picture',
    graph: {
      tail: (from, to) => ({
        nodes: [...scaled(0, 0)(from, 'nothing').nodes, node('Add', ['nothing', 'ramp'], [to])],
        initializers: [
          ...scaled(0, 0)(from, 'nothing').initializers,
          tensor(
            'ramp',
            Float32Array.from({ length: SIDE * SIDE }, (_, i) => i / SIDE ** 2),
            [1, 1, SIDE, SIDE],
          ),
        ],
      }),
    },
    reason: 'does not depend on the picture',
  },
  {
    title: 'random values',
    graph: {
      tail: (from, to) => ({
        nodes: [
          ...scaled(0.5, 0)(from, 'halved').nodes,
          floatAttribute(node('RandomUniformLike', [from], ['noise']), 'high', 0.5),
          node('Add', ['halved', 'noise'], [to]),
        ],
        initializers: scaled(0.5, 0)(from, 'halved').initializers,
      }),
    },
    reason: 'another result each time',
  },
  {
    title: 'rows and columns exchanged',
    graph: {
      tail: (from, to) => ({
        nodes: [node('Transpose', [from], [to], { attributes: { perm: [0, 1, 3, 2] } })],
      }),
    },
    reason: 'transposed',
  },
  ...([3, 2] as const).map((axis) => ({
    title: axis === 3 ? 'a mirrored mask' : 'a mask upside down',
    graph: { tail: reversed(axis) },
    reason: axis === 3 ? 'mirrored' : 'upside down',
  })),
  {
    title: 'a rectangle with rows and columns exchanged',
    graph: {
      inputDims: [1, 3, 48, 24],
      outputDims: undefined,
      tail: (from, to) => ({
        nodes: [node('Transpose', [from], [to], { attributes: { perm: [0, 1, 3, 2] } })],
      }),
    },
    reason: 'proportions are not those of the input',
  },
  {
    title: 'several outputs of one size',
    graph: {
      more: [
        { name: 'coarse', dims: [1, 1, SIDE, SIDE], isFirst: true, ...scaled(0.5, 0.1)('red', 'coarse') },
      ],
    },
    reason: 'Choose it with --output-name',
  },
  {
    title: 'several outputs without shapes',
    graph: {
      outputDims: undefined,
      more: [{ name: 'coarse', dims: undefined, isFirst: true, ...doubled('red', 'coarse') }],
    },
    reason: '2 outputs',
  },
  {
    title: 'an output name that is none',
    graph: {},
    options: { ...UNIT, 'output-name': 'alpha' },
    reason: 'no output alpha',
  },
  {
    title: 'two classes without a choice',
    graph: { tail: twoClasses(8, true), outputDims: [1, 2, SIDE, SIDE] },
    reason: 'add --class',
  },
  {
    title: 'a softmax that is declared as logits',
    graph: { tail: twoClasses(8, true), outputDims: [1, 2, SIDE, SIDE] },
    options: { ...UNIT, class: '1', output: 'logits' },
    reason: 'use --output probability',
  },
  {
    title: 'class numbers',
    graph: {
      tail: (from, to) => ({ nodes: [node('ArgMax', [from], [to], { attributes: { axis: 1 } })] }),
      outputType: DataType.int64,
    },
    reason: 'before the ArgMax',
  },
  {
    title: 'class numbers in bytes',
    graph: {
      tail: (from, to) => {
        const half = scaled(1, -0.5)(from, 'half');
        return {
          nodes: [
            ...half.nodes,
            node('Sign', ['half'], ['sign']),
            node('Relu', ['sign'], ['one']),
            cast('one', to, DataType.uint8),
          ],
          initializers: half.initializers,
        };
      },
      outputType: DataType.uint8,
    },
    reason: 'never above 1',
  },
  { title: 'four channels', graph: { inputDims: [1, 4, SIDE, SIDE] }, reason: 'a trimap or a mask' },
  {
    title: 'doubles',
    graph: { inputType: 11, outputType: 11 },
    reason: 'float64: export it with float32',
  },
  {
    title: 'a picture without a batch',
    graph: { inputDims: [3, SIDE, SIDE], axis: 0 },
    reason: '3 dimensions',
  },
  {
    title: 'colors beside the matte',
    graph: {
      tail: (from, to) => ({
        nodes: [node('Concat', [from, from, from, from], [to], { attributes: { axis: 1 } })],
      }),
      outputDims: [1, 4, SIDE, SIDE],
    },
    reason: '4 channels',
  },
  { title: 'no license', graph: {}, options: { ...UNIT, license: undefined }, reason: 'Add --license' },
  { title: 'one channel', graph: { inputDims: [1, 1, SIDE, SIDE] }, reason: 'a picture has 3' },
  {
    title: 'integers',
    graph: { inputType: DataType.int32, outputType: DataType.int32 },
    reason: 'int32: export it with float32, float16 or uint8',
  },
  {
    title: 'batches of two',
    graph: { inputDims: [2, 3, SIDE, SIDE], outputDims: [2, 1, SIDE, SIDE] },
    reason: 'exactly 2 images',
  },
  {
    title: 'a mask of rank two',
    graph: { tail: reshaped([SIDE, SIDE]), outputDims: [SIDE, SIDE] },
    reason: '2 dimensions',
  },
  {
    title: 'a mask of rank two without a shape',
    graph: { tail: reshaped([SIDE, SIDE]), outputDims: undefined },
    reason: 'dimensions',
  },
  { title: 'no normalization', graph: {}, options: {}, reason: 'add --normalize' },
  {
    title: 'a normalization of bytes',
    graph: { inputType: DataType.uint8, outputType: DataType.uint8 },
    reason: 'takes bytes as decoded',
  },
  {
    title: 'means in units of bytes',
    graph: {},
    options: { mean: '123.675,116.28,103.53', std: '58.395,57.12,57.375' },
    reason: 'in units of 0 to 1',
  },
  {
    title: 'a dynamic size without --size',
    graph: { inputDims: dynamic(1, 3), outputDims: dynamic(1, 1) },
    reason: 'add --size',
  },
  {
    title: 'another size than that of the file',
    graph: {},
    options: { ...UNIT, size: '64' },
    reason: 'leave --size out',
  },
  {
    title: 'kept proportions of a fixed size',
    graph: {},
    options: { ...UNIT, fit: 'keep' },
    reason: 'fixes the size',
  },
  {
    title: 'a letterbox without a place',
    graph: {},
    options: { ...UNIT, fit: 'letterbox' },
    reason: '--place',
  },
  {
    title: 'an option of another fit',
    graph: {},
    options: { ...UNIT, multiple: '32' },
    reason: 'belongs to --fit keep',
  },
  {
    title: 'the names of a letterbox model, squashed without a word',
    graph: { inputName: 'rgb', outputName: 'alpha' },
    reason: '--like withoutbg',
  },
  {
    title: 'an unknown preset',
    graph: {},
    options: { like: 'nothing' },
    reason: '--like must be one of birefnet',
  },
  {
    title: 'a further input',
    graph: {
      change: (built) => {
        const inputs = built.graph?.inputs ?? [];
        inputs.push({ ...(inputs[0] as (typeof inputs)[number]), name: 'trimap' });
      },
    },
    reason: '2 inputs (input, trimap)',
  },
  {
    title: 'a custom operator',
    graph: {
      tail: (from, to) => ({ nodes: [node('MMCVModulatedDeformConv2d', [from], [to], { domain: 'mmcv' })] }),
      change: (built) => void built.opsets.push({ domain: 'mmcv', version: 1, rest: [] }),
    },
    reason: 'mmcv:MMCVModulatedDeformConv2d',
  },
  {
    title: 'an operator set of the future',
    graph: { change: (built) => void (built.opsets[0] = { domain: '', version: 99, rest: [] }) },
    reason: 'operator set 99',
  },
  {
    title: 'an unknown operator',
    graph: { tail: (from, to) => ({ nodes: [node('Matte', [from], [to])] }) },
    reason: 'cannot load the model',
  },
  {
    title: 'an empty graph',
    graph: {
      change: ({ graph }) => {
        if (graph !== undefined)
          Object.assign(graph, { nodes: [], initializers: [], inputs: [], outputs: [] });
      },
    },
    reason: 'The graph is empty',
  },
  { title: 'an empty file', bytes: Buffer.alloc(0), reason: 'not an ONNX model, or is damaged' },
  {
    title: 'a text',
    bytes: Buffer.from('<!doctype html><title>Not found</title>'),
    reason: 'not an ONNX model, or is damaged',
  },
  {
    title: 'half of a file',
    bytes: bytesOf(mattingGraph({})).subarray(0, 200),
    reason: 'not an ONNX model, or is damaged',
  },
];

describe('models that are refused', () => {
  const { add, names } = useRegistry();

  test.each(REFUSED)('$title: the reason is given, and nothing is registered', async (each) => {
    const { graph = {}, bytes = bytesOf(mattingGraph(graph)), options = UNIT, reason } = each;
    const error: unknown = await add(bytes, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).name).toBe('ModelError');
    expect((error as Error).message).toContain(reason);
    expect(names()).toEqual(['shipped']);
  });

  test('a name with capitals: a name that would do is proposed', () => {
    const { error } = additionSchema.safeParse({ name: 'BiRefNet_Lite' });
    expect(error?.issues[0]?.message).toContain('try birefnet-lite');
  });
});
