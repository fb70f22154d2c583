/** @jest-environment ./test/harness/onnx-environment.cjs */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { model, value } from '#model-builder/onnx/onnx-build.js';
import { decodeModel, encodeModel } from '#model-builder/onnx/onnx-codec.js';
import { DataType, type OnnxGraph } from '#model-builder/onnx/onnx-types.js';
import type { Calibration } from '#model-builder/recipe/calibration.js';
import { observedTensors } from '#model-builder/recipe/channel-steps.js';
import { keepOutputs } from '#model-builder/onnx/graph-steps.js';
import type { Recipe } from '#inference/model-manifest.js';
import { canonicalGraph } from '#model-builder/canonical/canonical-graph.js';
import { applyRecipe } from '#model-builder/recipe/recipes.js';
import { segmentationNetwork, SMALL_SIDE } from '../../harness/small-networks.js';

const FACTS = { inputSidePixels: SMALL_SIDE, mean: [128, 128, 128], std: [256, 256, 256], isLogits: false };
const smallGraph = (): OnnxGraph => canonicalGraph(decodeModel(segmentationNetwork()).graph!, FACTS).graph;
const HALF = SMALL_SIDE / 2;
const INT8: Recipe = { kind: 'int8', calibration: 'small.calibration.json', weightMax: 63 };

/** Ranges that are wide enough for any image: what counts here is that the two models compute the same. */
function wideCalibration(graph: OnnxGraph): Calibration {
  const of = (name: string, count: number): [string, Calibration['tensors'][string]] => [
    name,
    {
      max: Array<number>(count).fill(2),
      p999: Array<number>(count).fill(2.5),
      mean: Array<number>(count).fill(0),
      likeness: Array<number>(count).fill(0.9),
    },
  ];
  return {
    model: 'small',
    sha256: '0'.repeat(64),
    method: 'made up',
    photos: [],
    tensors: Object.fromEntries(observedTensors(graph).map((name) => of(name, 4))),
  };
}

const product = (recipe: Recipe, calibration?: Calibration, source = segmentationNetwork()): Buffer =>
  Buffer.concat(applyRecipe(recipe, { source: decodeModel(source), facts: FACTS, calibration }));

const pixelsOf = (images: number): Uint8Array =>
  Uint8Array.from({ length: images * 3 * SMALL_SIDE ** 2 }, (_, i) => 128 + 100 * Math.sin(i / 500));

function planesOf(pixels: Uint8Array): Float32Array {
  const size = SMALL_SIDE ** 2;
  return Float32Array.from({ length: 3 * size }, (_, i) => {
    const [channel, at] = [Math.floor(i / size), i % size];
    return (pixels[3 * at + channel]! - 128) / 256;
  });
}

async function run(
  file: Buffer,
  name: string,
  input: Tensor,
): Promise<{ dims: readonly number[]; data: number[] }> {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const results = await session.run({ [session.inputNames[0]!]: input });
  expect(session.outputNames).toEqual([name]);
  const { dims, data } = results[name]!;
  await session.release();
  return { dims, data: Array.from(data as Float32Array) };
}

const bytes = (images: number): Tensor =>
  new Tensor('uint8', pixelsOf(images), [images, SMALL_SIDE, SMALL_SIDE, 3]);
const floats = (): Tensor => new Tensor('float32', planesOf(pixelsOf(1)), [1, 3, SMALL_SIDE, SMALL_SIDE]);

/** Opacity 0 to 255 on the model's own grid, worked out in floats. */
async function coarseOpacity(): Promise<number[]> {
  const graph = smallGraph();
  const pruned = keepOutputs(graph, [value('logits', DataType.float, ['n', 1, HALF, HALF])]);
  const { nodes, initializers, inputs, outputs } = pruned;
  const file = Buffer.concat(encodeModel(model({ name: 'coarse', nodes, initializers, inputs, outputs })));
  const { data } = await run(file, 'logits', floats());
  return data.map((logit) => 255 / (1 + Math.exp(-logit)));
}

describe('model recipes', () => {
  let original: number[];
  let coarse: number[];
  beforeAll(async () => {
    const session = await InferenceSession.create(segmentationNetwork(), { logSeverityLevel: 3 });
    const { output } = await session.run({ input: floats() });
    original = Array.from(output!.data as Float32Array);
    await session.release();
    coarse = await coarseOpacity();
    expect(Math.max(...coarse) - Math.min(...coarse)).toBeGreaterThan(50);
  });

  test('given the float32 recipe, when run, then one output is left and it is the same to the last bits', async () => {
    const file = product({ kind: 'float32' });
    const { dims, data } = await run(file, 'output', floats());
    expect(dims).toEqual([1, 1, SMALL_SIDE, SMALL_SIDE]);
    expect(Math.max(...data.map((each, i) => Math.abs(each - original[i]!)))).toBeLessThan(1e-5);
    const operators = decodeModel(file).graph!.nodes.map(({ opType }) => opType);
    for (const gone of ['Shape', 'Slice', 'Constant', 'Cast']) expect(operators).not.toContain(gone);
  });

  test.each<[string, number]>([
    ['float16', 1.5],
    ['int8', 10],
  ])('given the %s recipe, when run on bytes, then opacity agrees within %d of 255', async (kind, max) => {
    const recipe = kind === 'int8' ? INT8 : ({ kind: 'float16' } as const);
    const file = product(recipe, wideCalibration(smallGraph()));
    const { dims, data } = await run(file, 'mask', bytes(1));
    expect(dims).toEqual([1, 1, HALF, HALF]);
    expect(Math.max(...data.map((each, i) => Math.abs(each - coarse[i]!)))).toBeLessThan(max);
    const two = await run(file, 'mask', bytes(2));
    expect(two.dims).toEqual([2, 1, HALF, HALF]);
    expect(two.data.slice(0, HALF * HALF)).toEqual(data);
  });

  test('given the same input, when prepared twice, then the bytes are the same', () => {
    const calibration = wideCalibration(smallGraph());
    expect(product(INT8, calibration).equals(product(INT8, calibration))).toBe(true);
  });

  test('given 7-bit weights, when prepared, then none is larger than 63, and nodes are in order', () => {
    const { graph } = decodeModel(product(INT8, wideCalibration(smallGraph())));
    const weights = graph!.initializers.filter(
      ({ name }) => name?.endsWith(':weights') && !name.startsWith('tail'),
    );
    const values = weights.flatMap(({ rawData }) => [...new Int8Array(rawData!)]);
    expect(Math.max(...values.map(Math.abs))).toBe(63);
    const known = new Set(['', 'pixels', ...graph!.initializers.map(({ name }) => name)]);
    for (const { inputs, outputs } of graph!.nodes) {
      expect(inputs.every((name) => known.has(name))).toBe(true);
      outputs.forEach((name) => known.add(name));
    }
  });

  test('given a calibration of another model, or none, when prepared, then the error names what is missing', () => {
    const calibration = wideCalibration(smallGraph());
    expect(() => product(INT8)).toThrow('needs a calibration');
    const { 'b.relu': gone, ...others } = calibration.tensors;
    expect(gone).toBeDefined();
    expect(() => product(INT8, { ...calibration, tensors: others })).toThrow('says nothing about b.relu');
  });

  test('given a file that is not a model, when prepared, then it fails without a product', () => {
    expect(() => product({ kind: 'float32' }, undefined, Buffer.from('no model'))).toThrow();
    expect(() => product({ kind: 'float32' }, undefined, Buffer.alloc(0))).toThrow('no graph');
  });
});
