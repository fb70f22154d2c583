/** @jest-environment ./test/harness/onnx-environment.cjs */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter, type Picture } from '#inference/segmenter.js';
import { addModel, additionSchema } from '#model-builder/model-addition.js';
import { node, tensor } from '#model-builder/onnx/onnx-build.js';
import { DataType } from '#model-builder/onnx/onnx-types.js';
import {
  bytesOf,
  cast,
  externalTensor,
  floatAttribute,
  mattingGraph,
  scaled,
  SIDE,
  type GraphDetails,
} from '../harness/matting-graphs.js';
import { SeededRandom } from '../harness/seeded-random.js';

type Options = Record<string, string | boolean>;

const UNIT: Options = { normalize: 'unit' };

/** Colors of every pixel are independent: a mask that is shifted, transposed or squashed differs. */
function pictureOf(width: number, height: number): Picture {
  const random = new SeededRandom(1000 * width + height);
  const data = Uint8Array.from({ length: 3 * width * height }, () => Math.floor(random.between(0, 256)));
  return { data, width, height };
}

/** A channel of a picture, 0 to 1. */
const channelOf = ({ data }: Picture, channel: number): number[] =>
  Array.from({ length: data.length / 3 }, (_, i) => (data[3 * i + channel] as number) / 255);

const redOf = (picture: Picture): number[] => channelOf(picture, 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const bytesFrom = (values: readonly number[]): number[] =>
  values.map((each) => Math.round(255 * Math.min(1, Math.max(0, each))));

/** A graph that is accepted: its options, its pictures, and the mask that each must give. */
interface Right {
  title: string;
  graph: GraphDetails;
  options?: Options;
  /** Sizes of uploads. */
  uploads?: readonly (readonly [number, number])[];
  reference?: (picture: Picture) => number[];
  /** Size of the mask; that of the picture when undefined. */
  grid?: (picture: Picture) => [number, number];
}

const dynamic = (batch: number | string, channels: number): (number | string)[] => [
  batch,
  channels,
  'h',
  'w',
];
const doubled = (from: string, to: string): ReturnType<NonNullable<GraphDetails['tail']>> => ({
  nodes: [node('AveragePool', [from], [to], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } })],
});
const reshaped =
  (dims: readonly number[]) =>
  (from: string, to: string): ReturnType<NonNullable<GraphDetails['tail']>> => ({
    nodes: [node('Reshape', [from, 'dims'], [to])],
    initializers: [tensor('dims', BigInt64Array.from(dims, BigInt))],
  });

/** Two channels: background as `1 - red`, subject as `red`, each times `factor`; softmax if asked. */
const twoClasses =
  (factor: number, softmax: boolean, order: 'subject-last' | 'subject-first' = 'subject-last') =>
  (from: string, to: string): ReturnType<NonNullable<GraphDetails['tail']>> => {
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
const classProbability =
  (factor: number) =>
  (picture: Picture): number[] =>
    redOf(picture).map((red) => sigmoid(factor * (2 * red - 1)));
const pooled = ({ width, height, ...picture }: Picture): number[] => {
  const red = redOf({ ...picture, width, height });
  return Array.from({ length: (width / 2) * (height / 2) }, (_, i) => {
    const [x, y] = [2 * (i % (width / 2)), 2 * Math.floor(i / (width / 2))];
    const at = y * width + x;
    return (
      ((red[at] as number) +
        (red[at + 1] as number) +
        (red[at + width] as number) +
        (red[at + width + 1] as number)) /
      4
    );
  });
};

const RIGHT: readonly Right[] = [
  { title: 'opacity from 0 to 1', graph: {} },
  { title: 'opacity, when it is declared', graph: {}, options: { ...UNIT, output: 'sigmoid' } },
  {
    title: 'logits',
    graph: { tail: scaled(16, -8) },
    reference: (picture) => redOf(picture).map((red) => sigmoid(16 * red - 8)),
  },
  {
    title: 'logits, when they are declared',
    graph: { tail: scaled(24, -10) },
    options: { ...UNIT, output: 'logits' },
    reference: (picture) => redOf(picture).map((red) => sigmoid(24 * red - 10)),
  },
  { title: 'opacity from 0 to 255 in floats', graph: { tail: scaled(255, 0) } },
  { title: 'opacity from -1 to 1', graph: { tail: scaled(2, -1) }, options: { ...UNIT, output: 'signed' } },
  { title: 'an output without a shape', graph: { outputDims: undefined } },
  { title: 'an output [n, h, w]', graph: { tail: reshaped([-1, SIDE, SIDE]), outputDims: [1, SIDE, SIDE] } },
  {
    title: 'an output [n, h, w, 1]',
    graph: { tail: reshaped([-1, SIDE, SIDE, 1]), outputDims: [1, SIDE, SIDE, 1] },
  },
  {
    title: 'an output of half the size',
    graph: { tail: doubled, outputDims: [1, 1, SIDE / 2, SIDE / 2] },
    reference: pooled,
    grid: ({ width, height }) => [width / 2, height / 2],
  },
  {
    title: 'an output of half the size that is not declared',
    graph: { tail: doubled, outputDims: undefined },
    reference: pooled,
    grid: ({ width, height }) => [width / 2, height / 2],
  },
  {
    title: 'a rectangle, taller than wide',
    graph: { inputDims: [1, 3, 48, 24], outputDims: [1, 1, 48, 24] },
    uploads: [[300, 200]],
  },
  {
    title: 'a rectangle, wider than tall',
    graph: { inputDims: [1, 3, 24, 64], outputDims: [1, 1, 24, 64] },
    uploads: [[300, 200]],
  },
  {
    title: 'channels last',
    graph: {
      inputDims: [1, SIDE, SIDE, 3],
      outputDims: [1, SIDE, SIDE, 1],
      axis: 3,
    },
  },
  {
    title: 'channels last with every dimension dynamic',
    graph: { inputDims: ['n', 'a', 'b', 'c'], outputDims: ['n', 'a', 'b', 1], axis: 3 },
    options: { ...UNIT, size: String(SIDE), layout: 'nhwc' },
  },
  {
    title: 'dynamic dimensions with a size',
    graph: { inputDims: dynamic('n', 3), outputDims: dynamic('n', 1) },
    options: { ...UNIT, size: '40x24' },
    uploads: [[100, 100]],
  },
  {
    title: 'BGR',
    graph: {},
    options: { ...UNIT, channels: 'bgr' },
    reference: (picture) => channelOf(picture, 2),
  },
  {
    title: 'another normalization',
    graph: { tail: scaled(0.2, 0.5) },
    options: { normalize: 'imagenet', output: 'probability' },
    reference: (picture) => redOf(picture).map((red) => 0.5 + (0.2 * (red - 0.485)) / 0.229),
  },
  { title: 'colors from 0 to 255', graph: { tail: scaled(1 / 255, 0) }, options: { normalize: 'bytes' } },
  {
    title: 'a mean and a deviation',
    graph: {},
    options: { mean: '0.25,0,0', std: '0.5,1,1', output: 'logits' },
    reference: (picture) => redOf(picture).map((red) => sigmoid((red - 0.25) / 0.5)),
  },
  {
    title: 'the background as 1',
    graph: { tail: scaled(-1, 1) },
    options: { ...UNIT, inverted: true },
  },
  {
    title: 'float16 at both ends',
    graph: { inputType: DataType.float16, outputType: DataType.float16 },
  },
  {
    title: 'bytes at both ends, channels first',
    graph: { inputType: DataType.uint8, outputType: DataType.uint8 },
    options: {},
  },
  {
    title: 'bytes at both ends, channels last',
    graph: {
      inputType: DataType.uint8,
      outputType: DataType.uint8,
      inputDims: ['n', SIDE, SIDE, 3],
      outputDims: ['n', SIDE, SIDE, 1],
      axis: 3,
    },
    options: {},
  },
  {
    title: 'a softmax of two classes',
    graph: { tail: twoClasses(8, true), outputDims: [1, 2, SIDE, SIDE] },
    options: { ...UNIT, class: '1' },
    reference: classProbability(8),
  },
  {
    title: 'logits of two classes',
    graph: { tail: twoClasses(8, false), outputDims: [1, 2, SIDE, SIDE] },
    options: { ...UNIT, class: '1' },
    reference: classProbability(8),
  },
  {
    title: 'two classes with the subject first',
    graph: { tail: twoClasses(8, false, 'subject-first'), outputDims: [1, 2, SIDE, SIDE] },
    options: { ...UNIT, class: '0', output: 'logits' },
    reference: classProbability(8),
  },
  ...(['top-left', 'center'] as const).map((place) => ({
    title: `a letterbox, picture ${place}`,
    graph: {},
    options: { ...UNIT, fit: 'letterbox', place },
    uploads: [
      [320, 240],
      [90, 300],
      [2000, 200],
    ] as const,
  })),
  {
    title: 'a letterbox whose color matters',
    graph: {
      // Half of the red channel and half of its mean over the whole input.
      tail: (from, to) => ({
        nodes: [
          node('GlobalAveragePool', [from], ['mean']),
          node('Add', [from, 'mean'], ['sum']),
          ...scaled(0.5, 0)('sum', to).nodes,
        ],
        initializers: scaled(0.5, 0)('sum', to).initializers,
      }),
    },
    options: { ...UNIT, fit: 'letterbox', place: 'center', fill: '255,0,0', output: 'probability' },
    uploads: [[320, 240]],
    reference: (picture) => {
      const red = redOf(picture);
      const padding = SIDE * SIDE - red.length;
      const mean = (red.reduce((sum, each) => sum + each, 0) + padding) / SIDE ** 2;
      return red.map((each) => (each + mean) / 2);
    },
  },
  {
    title: 'a letterbox with an output of half the size',
    graph: { tail: doubled, outputDims: [1, 1, SIDE / 2, SIDE / 2] },
    options: { ...UNIT, fit: 'letterbox', place: 'top-left' },
    uploads: [[320, 240]],
    reference: pooled,
    grid: ({ width, height }) => [width / 2, height / 2],
  },
  ...[32, 64].map((multiple) => ({
    title: `proportions kept, multiples of ${multiple}`,
    graph: { inputDims: dynamic(1, 3), outputDims: dynamic(1, 1) },
    options: { ...UNIT, fit: 'keep', size: '128', side: 'longer', multiple: String(multiple) },
    uploads: [
      [400, 300],
      [200, 1000],
    ] as const,
  })),
  {
    title: 'the largest value of a picture as 1',
    graph: {},
    options: { ...UNIT, 'by-maximum': true },
    reference: (picture) => {
      const largest = picture.data.reduce((a, b) => Math.max(a, b), 0);
      return redOf(picture).map((red) => (red * 255) / largest);
    },
  },
  {
    title: 'a stretched mask',
    graph: { tail: scaled(0.6, 0.2) },
    options: { ...UNIT, stretch: true, output: 'probability' },
    reference: (picture) => {
      const red = redOf(picture).map((each) => Math.fround(0.6 * each + 0.2));
      const [low, high] = [Math.min(...red), Math.max(...red)];
      return red.map((each) => (each - low) / (high - low));
    },
  },
  {
    title: 'the main output last, when it is named',
    graph: {
      more: [{ name: 'coarse', dims: [1, 1, SIDE, SIDE], isFirst: true, ...scaled(0, 0.5)('red', 'coarse') }],
    },
    options: { ...UNIT, 'output-name': 'output' },
  },
  {
    title: 'the only output that can be a mask',
    graph: {
      more: [
        {
          name: 'features',
          dims: [1, 1, 1, 1],
          isFirst: true,
          nodes: [node('GlobalAveragePool', ['red'], ['features'])],
        },
      ],
    },
  },
];

describe('models that are accepted', () => {
  const { add, load } = useRegistry();

  test.each(RIGHT)('$title: the mask is that of the graph, cell by cell', async (each) => {
    const { graph, options = UNIT, uploads = [[64, 64]], reference = redOf, grid } = each;
    await add(bytesOf(mattingGraph(graph)), options);
    const network = await load();
    for (const [width, height] of uploads) {
      const frame = network.inputFor({ width, height });
      const picture = pictureOf(frame.width, frame.height);
      const mask = await network.segment(picture);
      expect([mask.width, mask.height]).toEqual(grid?.(picture) ?? [frame.width, frame.height]);
      expectNear([...mask.data], bytesFrom(reference(picture)));
    }
    await network.release();
  });

  test('frames: letterbox and kept proportions follow the picture', async () => {
    await add(bytesOf(mattingGraph({})), { ...UNIT, fit: 'letterbox', place: 'center' });
    let network = await load();
    expect(network.inputFor({ width: 200, height: 100 })).toMatchObject({ width: SIDE, height: SIDE / 2 });
    expect(network.inputFor({ width: 1, height: 5000 })).toMatchObject({ width: 1, height: SIDE });
    await network.release();
    const kept = { inputDims: dynamic(1, 3), outputDims: dynamic(1, 1) };
    const options = { ...UNIT, fit: 'keep', size: '512', side: 'shorter', round: 'down', max: '1024' };
    await add(bytesOf(mattingGraph(kept)), options);
    network = await load();
    expect(network.inputFor({ width: 1000, height: 800 })).toMatchObject({ width: 640, height: 512 });
    expect(network.inputFor({ width: 100, height: 1000 })).toMatchObject({ width: 96, height: 1024 });
    await network.release();
  });

  test('a stretched mask of a plain picture stays as it is', async () => {
    await add(bytesOf(mattingGraph({})), { ...UNIT, stretch: true });
    const network = await load();
    const plain = { data: new Uint8Array(3 * SIDE * SIDE).fill(20), width: SIDE, height: SIDE };
    plain.data[0] = 40;
    const { data } = await network.segment(plain);
    expect([data[0], data[1]]).toEqual([40, 20]);
    await network.release();
  });

  test('pictures of one letterbox share a run, and each mask is its own', async () => {
    const graph = { inputDims: ['n', 3, SIDE, SIDE], outputDims: ['n', 1, SIDE, SIDE] };
    await add(bytesOf(mattingGraph(graph)), { ...UNIT, fit: 'letterbox', place: 'center' });
    const network = await load();
    expect(network.takesBatches).toBe(true);
    const pictures = [pictureOf(SIDE, 16), pictureOf(8, SIDE), pictureOf(SIDE, SIDE)];
    const masks = await network.segmentAll(pictures);
    masks.forEach((mask, i) => expectNear([...mask.data], bytesFrom(redOf(pictures[i] as Picture))));
    await network.release();
  });

  test('a model that mixes the images of a batch is run one image at a time', async () => {
    const graph: GraphDetails = {
      inputDims: ['n', 3, SIDE, SIDE],
      outputDims: ['n', 1, SIDE, SIDE],
      tail: (from, to) => ({
        nodes: [
          node('ReduceMean', [from], ['mean'], { attributes: { axes: [0], keepdims: 1 } }),
          node('Shape', [from], ['shape']),
          node('Expand', ['mean', 'shape'], [to]),
        ],
      }),
    };
    await add(bytesOf(mattingGraph(graph)), UNIT);
    const network = await load();
    expect(network.takesBatches).toBe(false);
    const pictures = [
      pictureOf(SIDE, SIDE),
      { ...pictureOf(SIDE, SIDE), data: new Uint8Array(3 * SIDE ** 2) },
    ];
    const masks = await network.segmentAll(pictures);
    masks.forEach((mask, i) => expectNear([...mask.data], bytesFrom(redOf(pictures[i] as Picture))));
    await network.release();
  });
});

/** A graph that is refused, and a part of the reason. */
interface Refused {
  title: string;
  graph?: GraphDetails;
  bytes?: Buffer;
  options?: Options;
  reason: string;
}

const constant =
  (number: number) =>
  (from: string, to: string): ReturnType<ReturnType<typeof scaled>> =>
    scaled(0, number)(from, to);

const divided =
  (dividend: number) =>
  (from: string, to: string): ReturnType<NonNullable<GraphDetails['tail']>> => {
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

describe('weights in a file of their own', () => {
  const { add, load, folder, registry } = useRegistry();
  const weights = Float32Array.of(1);

  const graph = (location: string): Buffer =>
    bytesOf(
      mattingGraph({
        tail: (from, to) => ({
          nodes: [node('Mul', [from, 'weight'], [to])],
          initializers: [externalTensor('weight', [1], location, weights.byteLength)],
        }),
      }),
    );

  test('they are copied, verified and loaded from MODEL_DIR', async () => {
    await writeFile(join(folder(), 'mine.onnx_data'), Buffer.from(weights.buffer));
    await add(graph('mine.onnx_data'), UNIT);
    await rm(join(folder(), 'mine.onnx_data'));
    const network = await load();
    const picture = pictureOf(SIDE, SIDE);
    expectNear([...(await network.segment(picture)).data], bytesFrom(redOf(picture)));
    await network.release();
    const again = registry();
    const entry = again.find('mine');
    expect(entry.weights?.files).toMatchObject([{ file: 'mine.onnx_data', bytes: 4 }]);
    await writeFile(join(folder(), 'out/mine/mine.onnx_data'), Buffer.from(Float32Array.of(2).buffer));
    await expect(again.verify(entry)).rejects.toThrow('sha256');
    await expect(load()).rejects.toThrow('sha256');
    await rm(join(folder(), 'out/mine/mine.onnx_data'));
    expect(await again.isPrepared(entry)).toBe(false);
  });

  test.each([
    ['missing', 'absent.data', 'which is missing'],
    ['in another folder', '../mine.onnx_data', 'outside its own folder'],
    ['at an absolute path', '/etc/hostname', 'outside its own folder'],
    ['at a path through another folder', 'a/../../mine.onnx_data', 'outside its own folder'],
    ['too short', 'short.data', 'too short'],
  ])('weights that are %s are refused', async (_, location, reason) => {
    await writeFile(join(folder(), 'short.data'), 'ab');
    await expect(add(graph(location), UNIT)).rejects.toThrow(reason);
  });
});

/** A registry in a folder of its own, and the model `mine` in it. */
function useRegistry(): {
  add: (bytes: Buffer, options: Options) => Promise<unknown>;
  load: () => Promise<Segmenter>;
  names: () => string[];
  folder: () => string;
  registry: () => ModelRegistry;
} {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'matting-'));
    await mkdir(join(root, 'models'));
    await writeFile(join(root, 'models/manifest.json'), JSON.stringify({ models: [SHIPPED] }));
  });
  afterEach(() => rm(root, { recursive: true }));
  const registry = (): ModelRegistry => new ModelRegistry(root, 'out');
  return {
    registry,
    folder: () => root,
    names: () => registry().models.map(({ name }) => name),
    add: async (bytes, options) => {
      const path = join(root, 'file.onnx');
      await writeFile(path, bytes);
      const addition = additionSchema.parse({
        name: 'mine',
        licence: 'MIT',
        provenance: 'a test',
        ...options,
      });
      return addModel(registry(), path, addition);
    },
    load: () => {
      const entry = registry().find('mine');
      return Segmenter.load(entry, registry().pathOf(entry), 1);
    },
  };
}

/** An entry as manifests had it before version 2. */
const SHIPPED = {
  name: 'shipped',
  title: 'Not used',
  default: true,
  file: 'shipped.onnx',
  bytes: 1,
  sha256: '0'.repeat(64),
  source: { kind: 'file' },
  licence: { package: 'a', weights: 'b', note: 'c' },
  provenance: 'p',
  input: { kind: 'f32-nchw', name: 'input', sidePixels: 64, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'f32', name: 'output', sidePixels: 64, activation: 'none' },
};

/** Fails for any cell that differs by more than one of 255. */
function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  const wrong = found.findIndex((value, i) => Math.abs(value - (expected[i] as number)) > 1);
  expect({ cell: wrong, found: found[wrong], expected: expected[wrong] }).toEqual({ cell: -1 });
}
