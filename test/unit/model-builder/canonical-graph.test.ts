/** @jest-environment ./test/harness/onnx-environment.cjs */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { canonicalGraph, type FloatFacts } from '#model-builder/canonical/canonical-graph.js';
import { isnetShape } from '#model-builder/canonical/isnet-shape.js';
import { node, value } from '#model-builder/onnx/onnx-build.js';
import { decodeModel, encodeModel } from '#model-builder/onnx/onnx-codec.js';
import { DataType, type OnnxGraph } from '#model-builder/onnx/onnx-types.js';
import * as forms from '../../harness/isnet-exports.js';
import { modelOf, tinyIsnet, TINY_SIDE } from '../../harness/tiny-isnet.js';

const FACTS: FloatFacts = {
  inputSidePixels: TINY_SIDE,
  mean: [127.5, 127.5, 127.5],
  std: [255, 255, 255],
  isLogits: false,
};

const pixels = Float32Array.from({ length: 3 * TINY_SIDE ** 2 }, (_, i) => 0.5 * Math.sin(i / 90));

/** The first output for a picture, as given or as planes. */
async function run(graph: OnnxGraph, opset: number, name?: string): Promise<number[]> {
  const file = Buffer.concat(encodeModel(modelOf(graph, opset)));
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 });
  const dims = [1, 3, TINY_SIDE, TINY_SIDE];
  const output = name ?? session.outputNames[0]!;
  const results = await session.run({ [session.inputNames[0]!]: new Tensor('float32', pixels, dims) }, [
    output,
  ]);
  const data = Array.from(results[output]!.data as Float32Array);
  await session.release();
  return data;
}

const sideOf = (output: string): number =>
  output === 'large' ? 64 : ['u2', 'd1.up', 'e1.up'].includes(output) ? 32 : output === 'e3.up' ? 8 : 16;

const composed =
  (...parts: forms.ExportForm[]): forms.ExportForm =>
  (graph) =>
    parts.reduce((made, form) => form(made), graph);

const FORMS: [string, forms.ExportForm, number][] = [
  ['as PyTorch exports it', forms.emptyRegions, 11],
  ['other names, some of them names of the recipe', forms.otherNames, 13],
  ['outputs in front and behind', forms.moreOutputs, 17],
  ['constants as nodes', forms.constantNodes, 15],
  ['sizes from shapes', composed(forms.sizesFromShapes(sideOf), forms.emptyRegions), 12],
  ['factors of two axes', forms.factorsOfAxes, 18],
  ['sizes by arithmetic', forms.sizesByArithmetic, 13],
  ['BatchNormalization apart', forms.batchNormalization, 15],
  ['biases as additions', forms.addedBiases, 14],
  ['attributes left out, padding SAME_UPPER', forms.fewAttributes, 13],
  ['Identity, Dropout and casts', forms.idleNodes, 13],
  ['padding by nodes', forms.padNodes, 13],
  [
    'everything at once',
    composed(
      forms.batchNormalization,
      forms.sizesByArithmetic,
      forms.idleNodes,
      forms.padNodes,
      forms.moreOutputs,
      forms.otherNames,
      forms.constantNodes,
    ),
    14,
  ],
];

describe('canonical graph', () => {
  let logits: number[];
  beforeAll(async () => {
    logits = await run(canonicalGraph(tinyIsnet(), FACTS).graph, 15);
    const shown = logits.map((each) => 1 / (1 + Math.exp(-each)));
    expect(Math.max(...shown) - Math.min(...shown)).toBeGreaterThan(0.3);
  });

  test.each(FORMS)('%s: the file and its canonical graph compute the same', async (_title, form, opset) => {
    const graph = form(tinyIsnet());
    const outputName = graph.outputs.length === 1 ? undefined : graph.outputs[1]!.name;
    // The file itself is valid and still the same network.
    const opacity = await run(graph, opset, outputName);
    const plain = await run(tinyIsnet(), 15);
    expect(Math.max(...opacity.map((each, i) => Math.abs(each - plain[i]!)))).toBeLessThan(1e-4);
    const read = decodeModel(Buffer.concat(encodeModel(modelOf(graph, opset)))).graph!;
    const canonical = canonicalGraph(read, { ...FACTS, outputName });
    expect(canonical.gridSidePixels).toBe(TINY_SIDE / 2);
    expect(canonical.normalization).toEqual({ mean: FACTS.mean, std: FACTS.std });
    const same = await run(canonical.graph, 15);
    expect(Math.max(...same.map((each, i) => Math.abs(each - logits[i]!)))).toBeLessThan(1e-4);
    const operators = new Set(canonical.graph.nodes.map(({ opType }) => opType));
    expect(operators).toEqual(new Set(['Conv', 'Relu', 'MaxPool', 'Concat', 'Add', 'Resize']));
    expect(isnetShape(canonical.graph).decoder.size).toBe(
      isnetShape(canonicalGraph(tinyIsnet(), FACTS).graph).decoder.size,
    );
  });

  test('weights of 16 bits with casts are widened', async () => {
    const { graph } = canonicalGraph(forms.halfWeights(tinyIsnet()), FACTS);
    const same = await run(graph, 15);
    expect(Math.max(...same.map((each, i) => Math.abs(each - logits[i]!)))).toBeLessThan(0.05);
    expect(graph.initializers.every(({ dataType }) => dataType === DataType.float)).toBe(true);
  });

  test('normalization inside the graph, and rows first, become part of the normalization', () => {
    const graph = forms.ownNormalization(127.5, 255)(tinyIsnet());
    const bare = { ...FACTS, mean: [0, 0, 0], std: [1, 1, 1] };
    const { normalization } = canonicalGraph(graph, bare);
    for (const mean of normalization.mean) expect(mean).toBeCloseTo(127.5, 9);
    for (const std of normalization.std) expect(std).toBeCloseTo(255, 9);
  });

  test('a graph that ends in logits must be declared so, and one with a Sigmoid must not', () => {
    const bare = forms.withoutSigmoid(tinyIsnet());
    expect(canonicalGraph(bare, { ...FACTS, isLogits: true }).gridSidePixels).toBe(TINY_SIDE / 2);
    expect(() => canonicalGraph(bare, FACTS)).toThrow('no Sigmoid at its end');
    expect(() => canonicalGraph(tinyIsnet(), { ...FACTS, isLogits: true })).toThrow('declared as logits');
  });

  test('enlargement with aligned corners is refused, since it samples other places', () => {
    const graph = tinyIsnet();
    for (const { attributes } of graph.nodes.filter(({ opType }) => opType === 'Resize')) {
      attributes.find(({ name }) => name === 'coordinate_transformation_mode')!.s =
        Buffer.from('align_corners');
    }
    expect(() => canonicalGraph(graph, FACTS)).toThrow('align_corners coordinates');
  });
});

describe('shape of ISNet', () => {
  const changed = (change: (graph: OnnxGraph) => void): (() => unknown) => {
    const graph = tinyIsnet();
    change(graph);
    return () => isnetShape(canonicalGraph(graph, FACTS).graph);
  };

  test('the decoder begins after the deepest block', () => {
    const { decoder } = isnetShape(canonicalGraph(tinyIsnet(), FACTS).graph);
    expect(decoder.has('d2.1')).toBe(true);
    expect(decoder.has('e3.1d')).toBe(false);
  });

  test('another activation is refused by its name', () => {
    const leaky = changed(
      ({ nodes }) => (nodes.find(({ opType }) => opType === 'Relu')!.opType = 'LeakyRelu'),
    );
    expect(leaky).toThrow('not ISNet-shaped: it contains LeakyRelu');
  });

  test('a network without residual blocks is refused', () => {
    const plain = changed((graph) => {
      for (const each of graph.nodes.filter(({ opType }) => opType === 'Add')) each.opType = 'Relu';
      for (const each of graph.nodes.filter(({ opType }) => opType === 'Relu')) each.inputs.splice(1);
    });
    expect(plain).toThrow('not ISNet-shaped');
  });

  test('a sum of two branches that do not follow one another is refused', () => {
    const branches = changed((graph) => {
      const sum = graph.nodes.find(({ outputs }) => outputs[0] === 'e1.sum')!;
      graph.nodes.push(node('Relu', ['stem'], ['branch']));
      sum.inputs[1] = 'branch';
    });
    expect(branches).toThrow('not ISNet-shaped');
  });

  test('two image inputs are refused', () => {
    const graph = tinyIsnet();
    graph.inputs.push(value('trimap', DataType.float, [1, 1, TINY_SIDE, TINY_SIDE]));
    expect(() => canonicalGraph(graph, FACTS)).toThrow('2 inputs instead of one image');
  });
});
