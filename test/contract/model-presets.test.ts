/** @jest-environment ./test/harness/onnx-environment.cjs */
import { readFileSync } from 'node:fs';
import { readPresets } from '#model-builder/addition/model-presets.js';
import { node } from '#model-builder/onnx/onnx-build.js';
import { DataType } from '#model-builder/onnx/onnx-types.js';
import { bytesFrom, expectNear, pictureOf, redOf, sigmoid, useRegistry } from '../harness/added-models.js';
import {
  bytesOf,
  dynamic,
  mattingGraph,
  scaled,
  SIDE,
  type GraphDetails,
} from '../harness/matting-graphs.js';

/** Undoes a normalization of the first channel, so that a graph of a preset sees 0 to 1 again. */
const restored = (mean: number, std: number): NonNullable<GraphDetails['tail']> => scaled(std, mean);

const IMAGENET = [0.485, 0.229] as const;

/** The same as logits, from -8 to 8. */
const logitsOf = (mean: number, std: number): NonNullable<GraphDetails['tail']> =>
  scaled(16 * std, 16 * mean - 8);

const logitMask = (red: number): number => sigmoid(16 * red - 8);
const opacity = (red: number): number => red;

/** A stretched mask of a picture. */
function stretched(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (value - low) / (high - low));
}

interface Signature {
  title: string;
  like: string;
  graph: GraphDetails;
  mask: (red: number) => number;
  isStretched?: boolean;
  /** Frame of an upload of 640 x 480 pixels. */
  frame?: [number, number];
}

/** Side outputs beside the main one. */
const sideOutputs = (names: readonly string[], isFirst: boolean): NonNullable<GraphDetails['more']> =>
  names.map((name) => ({ name, dims: [1, 1, SIDE, SIDE], isFirst, ...scaled(0.5, 0.2)('red', name) }));

const SIGNATURES: readonly Signature[] = [
  {
    title: 'BiRefNet with one output',
    like: 'birefnet',
    graph: { inputName: 'input_image', outputName: 'output_image', tail: logitsOf(...IMAGENET) },
    mask: logitMask,
  },
  {
    title: 'BiRefNet with all outputs, the main one last',
    like: 'birefnet-lite',
    graph: {
      inputName: 'input_image',
      outputName: 'output_image',
      tail: logitsOf(...IMAGENET),
      more: sideOutputs(['temp1', 'temp2', 'temp3'], true),
    },
    mask: logitMask,
  },
  {
    title: 'BiRefNet HR with float16 ends',
    like: 'birefnet-hr',
    graph: {
      inputName: 'input_image',
      outputName: 'output_image',
      inputType: DataType.float16,
      outputType: DataType.float16,
      tail: (from, to) => {
        const body = logitsOf(...IMAGENET)('wide', 'logits');
        return {
          nodes: [
            node('Cast', [from], ['wide'], { attributes: { to: DataType.float } }),
            ...body.nodes,
            node('Cast', ['logits'], [to], { attributes: { to: DataType.float16 } }),
          ],
          initializers: body.initializers ?? [],
        };
      },
    },
    mask: logitMask,
  },
  {
    title: 'BiRefNet dynamic',
    like: 'birefnet-dynamic',
    graph: {
      inputName: 'input_image',
      outputName: 'output_image',
      inputDims: dynamic('n', 3),
      outputDims: dynamic('n', 1),
      tail: logitsOf(...IMAGENET),
    },
    mask: logitMask,
    frame: [1024, 768],
  },
  {
    title: 'RMBG-2.0',
    like: 'rmbg-2',
    graph: { inputName: 'pixel_values', outputName: 'alphas', tail: restored(...IMAGENET) },
    mask: opacity,
  },
  {
    title: 'RMBG-1.4',
    like: 'rmbg-1.4',
    graph: { tail: restored(0.5, 1) },
    mask: opacity,
    isStretched: true,
  },
  {
    title: 'BEN2 as its author exports it',
    like: 'ben2',
    graph: { inputName: 'input.1', outputName: '8214' },
    mask: opacity,
    isStretched: true,
  },
  {
    title: 'BEN2 as onnx-community exports it',
    like: 'ben2',
    graph: { inputName: 'pixel_values', outputName: 'alphas', tail: restored(...IMAGENET) },
    mask: opacity,
  },
  { title: 'ormbg', like: 'ormbg', graph: {}, mask: opacity, isStretched: true },
  {
    title: 'ISNet with eleven side outputs',
    like: 'isnet',
    graph: {
      inputName: 'input_image',
      outputName: 'output_image',
      tail: restored(0.5, 1),
      more: sideOutputs(['2016', '2017', '2018', '2019', '2020'], false),
    },
    mask: opacity,
    isStretched: true,
  },
  ...['u2net', 'u2netp', 'silueta'].map((like) => ({
    title: like,
    like,
    graph: {
      inputName: 'input.1',
      outputName: '1959',
      tail: restored(...IMAGENET),
      more: sideOutputs(['1960', '1961', '1962', '1963', '1964', '1965'], false),
    },
    mask: opacity,
    isStretched: true,
  })),
  {
    title: 'MODNet',
    like: 'modnet',
    graph: { inputDims: dynamic('batch', 3), outputDims: dynamic('batch', 1), tail: restored(0.5, 0.5) },
    mask: opacity,
    frame: [672, 512],
  },
  {
    title: 'withoutBG',
    like: 'withoutbg',
    graph: { inputName: 'rgb', outputName: 'alpha' },
    mask: opacity,
    frame: [SIDE, 24],
  },
];

describe('presets', () => {
  const { add, load, registry } = useRegistry();

  test.each(SIGNATURES)('$title: its preset gives the mask of the graph', async (each) => {
    const { like, graph, mask, isStretched = false, frame = [SIDE, SIDE] } = each;
    await add(bytesOf(mattingGraph(graph)), { like });
    const network = await load();
    const found = network.inputFor({ width: 640, height: 480 });
    expect([found.width, found.height]).toEqual(frame);
    const picture = pictureOf(found.width, found.height);
    const { data } = await network.segment(picture);
    const values = redOf(picture).map(mask);
    expectNear([...data], bytesFrom(isStretched ? stretched(values) : values));
    await network.release();
  });

  test('a BiRefNet with a sigmoid inside is refused with the option that makes it right, which does', async () => {
    const graph = { inputName: 'input_image', outputName: 'output_image', tail: restored(...IMAGENET) };
    const bytes = bytesOf(mattingGraph(graph));
    await expect(add(bytes, { like: 'birefnet' })).rejects.toThrow('use --output probability');
    await add(bytes, { like: 'birefnet', output: 'probability' });
    expect(registry().find('mine').output.kind).toBe('probability');
  });

  test('without a preset, the names in the file suggest one', async () => {
    const graph = { inputName: 'pixel_values', outputName: 'alphas' };
    await expect(add(bytesOf(mattingGraph(graph)), {})).rejects.toThrow(
      'suggest --like rmbg-2 or --like ben2',
    );
  });

  test('the page has the line of each preset, where it comes from, and its license', () => {
    const page = readFileSync('docs/operate/models.md', 'utf8');
    for (const { name, source, license } of readPresets()) {
      expect(page).toContain(`--like ${name}`);
      expect(page).toContain(source);
      expect(page).toContain(license.weights);
    }
  });
});
