/** @jest-environment ./test/harness/onnx-environment.cjs */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sha256Of } from '#inference/model-files.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { agreementOf, isEmpty, softIou } from '#model-builder/calibration/agreement.js';
import { LogitPairs } from '#model-builder/calibration/logits-fit.js';
import { opacityOf } from '#model-builder/calibration/network-pair.js';
import { observe, openGraph, planesOf } from '#model-builder/calibration/observation.js';
import { canonicalGraph } from '#model-builder/canonical/canonical-graph.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import { encodeModel } from '#model-builder/onnx/onnx-codec.js';
import type { OnnxGraph } from '#model-builder/onnx/onnx-types.js';
import { parseQuantize, quantizeModel } from '#model-builder/quantize.command.js';
import { applyRecipe } from '#model-builder/recipe/recipes.js';
import * as forms from '../../harness/isnet-exports.js';
import { modelOf, tinyIsnet, TINY_SIDE } from '../../harness/tiny-isnet.js';

const FACTS = {
  inputSidePixels: TINY_SIDE,
  mean: [127.5, 127.5, 127.5],
  std: [255, 255, 255],
  isLogits: false,
};

/** Pictures that are different everywhere, with shades and edges. */
const picture = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 3 * TINY_SIDE ** 2 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % TINY_SIDE, Math.floor(i / 3 / TINY_SIDE)];
    const isInside = Math.hypot(x - 20 - 3 * seed, y - 30) < 12 + seed;
    return (isInside ? 180 : 60) + 40 * Math.sin((x * (i % 3) + y * seed) / 9);
  });

async function* pictures(): AsyncGenerator<Uint8Array> {
  for (const seed of [1, 2, 3]) yield await Promise.resolve(picture(seed));
}

/** The int8 mask of a graph for a picture that was not part of the calibration. */
async function maskOf(graph: OnnxGraph, facts = FACTS): Promise<Uint8Array> {
  const tensors = await observe(canonicalGraph(graph, facts), pictures(), { side: TINY_SIDE, threads: 1 });
  const photos = [{ name: 'p', sha256: '0'.repeat(64), origin: 'drawn', licence: 'none' }];
  const calibration = { model: 'tiny', sha256: '0'.repeat(64), method: 'test', photos, tensors };
  const recipe = { kind: 'int8', calibration: 'tiny.calibration.json', weightMax: 63 } as const;
  const pieces = applyRecipe(recipe, { source: modelOf(graph), facts, calibration });
  const session = await InferenceSession.create(Buffer.concat(pieces), { logSeverityLevel: 3 });
  const { mask } = await session.run({
    pixels: new Tensor('uint8', picture(4), [1, TINY_SIDE, TINY_SIDE, 3]),
  });
  const data = Uint8Array.from(mask!.data as Uint8Array);
  await session.release();
  return data;
}

describe('quantization of a network in other forms', () => {
  let plain: Uint8Array;
  beforeAll(async () => {
    plain = await maskOf(tinyIsnet());
  });

  test.each<[string, forms.ExportForm]>([
    ['other names', forms.otherNames],
    ['BatchNormalization apart', forms.batchNormalization],
    ['sizes by arithmetic', forms.sizesByArithmetic],
    ['constants as nodes', forms.constantNodes],
    ['padding by nodes', forms.padNodes],
    ['outputs behind', (graph) => ({ ...forms.moreOutputs(graph), outputs: graph.outputs })],
  ])('%s: the int8 masks are the same', async (_title, form) => {
    const mask = await maskOf(form(tinyIsnet()));
    // Folding rounds weights in their last bit: a few of the integers differ by one.
    expect(softIou(mask, plain)).toBeGreaterThan(0.98);
  });

  test('means and deviations that differ between channels are moved into the weights', async () => {
    const facts = { ...FACTS, mean: [123.7, 116.3, 103.5], std: [58.4, 57.1, 57.4] };
    const canonical = canonicalGraph(tinyIsnet(), facts);
    const planes = planesOf(picture(4), TINY_SIDE, canonical.normalization);
    const session = await openGraph(canonical.graph, 'tiny', 1);
    const results = await session.run({ input: planes });
    const floats = opacityOf(results[session.outputNames[0]!]!.data as Float32Array);
    await session.release();
    expect(softIou(await maskOf(tinyIsnet(), facts), floats)).toBeGreaterThan(0.93);
  });

  test('normalization inside the graph gives the same int8 mask', async () => {
    const bare = { ...FACTS, mean: [0, 0, 0], std: [1, 1, 1] };
    expect(
      softIou(await maskOf(forms.ownNormalization(127.5, 255)(tinyIsnet()), bare), plain),
    ).toBeGreaterThan(0.995);
  });
});

describe('models quantize', () => {
  let root: string;
  let registry: ModelRegistry;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'quantize-'));
    await Promise.all(['models', 'out', 'photos'].map((folder) => mkdir(join(root, folder))));
    for (const name of ['astronaut', 'chelsea', 'coffee']) {
      await writeFile(join(root, 'photos', `${name}.jpg`), await readFile(`test/photos/${name}.jpg`));
    }
    registry = await registryOf(tinyIsnet());
  });
  afterEach(() => rm(root, { recursive: true }));

  async function registryOf(graph: OnnxGraph): Promise<ModelRegistry> {
    const file = Buffer.concat(encodeModel(modelOf(graph)));
    await writeFile(join(root, 'out/tiny.onnx'), file);
    const common = {
      title: 'Tiny',
      bytes: file.length,
      sha256: sha256Of(file),
      license: { class: 'permissive', package: 'none', weights: 'none', source: 'drawn' },
      provenance: 'drawn',
      input: { kind: 'f32-nchw', name: 'input', sidePixels: TINY_SIDE, mean: FACTS.mean, std: FACTS.std },
      output: { kind: 'f32', name: 'output', sidePixels: TINY_SIDE, activation: 'none' },
      source: { kind: 'file' },
    };
    const shipped = { ...common, name: 'shipped', default: true, file: 'shipped.onnx' };
    const local = { ...common, name: 'tiny', file: 'tiny.onnx' };
    await writeFile(join(root, 'models/manifest.json'), JSON.stringify({ models: [shipped] }));
    await writeFile(join(root, 'models/local.json'), JSON.stringify({ models: [local] }));
    return new ModelRegistry(root, 'out');
  }

  const request = (more: object = {}): Parameters<typeof quantizeModel>[1] => ({
    from: 'tiny',
    pictures: join(root, 'photos'),
    vnni: false,
    force: false,
    ...more,
  });

  test('it registers both variants, reports on them, and prepare makes the same files again', async () => {
    const lines: string[] = [];
    const made = await quantizeModel(registry, request({ vnni: true, force: true }), (line) =>
      lines.push(line),
    );
    expect(made.map(({ name }) => name)).toEqual(['tiny-int8', 'tiny-int8-vnni']);
    expect(lines.at(-2)).toMatch(
      /^tiny-int8: soft intersection over union .* median \d\.\d{3}, worst \d\.\d{3} \(1 pictures/,
    );
    const again = new ModelRegistry(root, 'out');
    for (const { name } of made) {
      const entry = again.find(name);
      expect(entry.source).toMatchObject({ kind: 'recipe', from: 'tiny' });
      await rm(again.pathOf(entry));
      await prepareModel(again, entry);
      await expect(again.verify(entry)).resolves.toBeUndefined();
    }
    await quantizeModel(again, request({ force: true }), () => undefined);
    expect(new ModelRegistry(root, 'out').models.map(({ name }) => name)).toHaveLength(4);
  });

  test('another float file under the same name needs a new calibration', async () => {
    await quantizeModel(registry, request({ force: true }), () => undefined);
    const text = await readFile(join(root, 'models/local.json'), 'utf8');
    const { models } = JSON.parse(text) as { models: object[] };
    await registryOf(tinyIsnet(2));
    const [float] = (
      JSON.parse(await readFile(join(root, 'models/local.json'), 'utf8')) as typeof request & {
        models: object[];
      }
    ).models;
    await writeFile(join(root, 'models/local.json'), JSON.stringify({ models: [float, models[1]] }));
    await rm(join(root, 'out/tiny-int8.onnx'));
    const other = new ModelRegistry(root, 'out');
    await expect(prepareModel(other, other.find('tiny-int8'))).rejects.toThrow('recorded with another file');
  });

  test('names of shipped models, and the name of the float model, are refused', async () => {
    await expect(quantizeModel(registry, request({ name: 'shipped' }), () => undefined)).rejects.toThrow(
      'is taken',
    );
    await expect(quantizeModel(registry, request({ name: 'tiny' }), () => undefined)).rejects.toThrow(
      'is taken',
    );
  });

  test('a folder with fewer than three pictures is refused', async () => {
    await rm(join(root, 'photos/coffee.jpg'));
    await writeFile(join(root, 'photos/broken.jpg'), 'no picture');
    await expect(quantizeModel(registry, request(), () => undefined)).rejects.toThrow('2 readable pictures');
  });

  test('a network of another shape is refused by a sentence, and nothing is registered', async () => {
    const graph = tinyIsnet();
    graph.nodes.find(({ opType }) => opType === 'Relu')!.opType = 'Elu';
    const other = await registryOf(graph);
    await expect(quantizeModel(other, request({ force: true }), () => undefined)).rejects.toThrow(
      'it contains Elu',
    );
    expect(new ModelRegistry(root, 'out').models).toHaveLength(2);
  });

  test('arguments: a name is needed, and unknown options are refused', () => {
    expect(parseQuantize(['a', '--vnni'])).toEqual({ from: 'a', vnni: true, force: false });
    expect(() => parseQuantize([])).toThrow();
    expect(() => parseQuantize(['a', 'b'])).toThrow('Unexpected argument b');
    expect(() => parseQuantize(['a', '--bits', '4'])).toThrow('bits');
  });
});

describe('agreement of masks', () => {
  test('pictures where the float model shows nothing are left out', () => {
    expect(isEmpty(new Uint8Array(1000).fill(1))).toBe(true);
    expect(isEmpty(new Uint8Array(1000).fill(1).fill(255, 0, 20))).toBe(false);
    expect(agreementOf([0.9, undefined, 1, 0.8])).toEqual({ median: 0.9, worst: 0.8, pictures: 3, empty: 1 });
    expect(agreementOf([0.9, 1]).median).toBeCloseTo(0.95, 12);
  });

  test('the map of logits finds gain and offset', () => {
    const pairs = new LogitPairs();
    const own = Float32Array.from({ length: 2000 }, (_, i) => 6 * Math.sin(i));
    pairs.add(
      own,
      own.map((logit) => 1.2 * logit - 0.3),
    );
    const { gain, offset } = pairs.fit();
    expect(gain).toBeCloseTo(1.2, 1);
    expect(offset).toBeCloseTo(-0.3, 1);
  });
});
