/** @jest-environment ./test/harness/onnx-environment.cjs */
import type { Picture } from '#inference/segmenter.js';
import { node } from '#model-builder/onnx/onnx-build.js';
import { DataType } from '#model-builder/onnx/onnx-types.js';
import {
  bytesFrom,
  channelOf,
  expectNear,
  pictureOf,
  redOf,
  sigmoid,
  UNIT,
  useRegistry,
  type Options,
} from '../harness/added-models.js';
import {
  bytesOf,
  doubled,
  dynamic,
  mattingGraph,
  reshaped,
  scaled,
  SIDE,
  twoClasses,
  type GraphDetails,
} from '../harness/matting-graphs.js';

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
    title: 'a softmax of two classes, channels last',
    graph: {
      tail: (from, to) => {
        const both = twoClasses(8, true)(from, 'planes');
        const nodes = [
          ...both.nodes,
          node('Transpose', ['planes'], [to], { attributes: { perm: [0, 2, 3, 1] } }),
        ];
        return { nodes, initializers: both.initializers ?? [] };
      },
      outputDims: [1, SIDE, SIDE, 2],
    },
    options: { ...UNIT, class: '1' },
    reference: classProbability(8),
  },
  {
    title: 'an output whose channels are dynamic',
    graph: { outputDims: ['n', 'c', SIDE, SIDE], inputDims: ['n', 3, SIDE, SIDE] },
  },
  {
    title: 'every dimension dynamic, without a layout',
    graph: { inputDims: ['n', 'a', 'b', 'c'], outputDims: undefined, axis: 3 },
    options: { ...UNIT, size: '48x24' },
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
