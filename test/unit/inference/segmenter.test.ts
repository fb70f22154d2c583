/** @jest-environment ./test/harness/onnx-environment.cjs */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { PROVIDERS } from '#contracts/execution-providers.js';
import { LICENSE_CLASSES, type LicenseClass } from '#contracts/model-license.js';
import { addModel, additionSchema } from '#model-builder/model-addition.js';
import { modelSchema, type ModelEntry } from '#inference/model-manifest.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { convolutionProbe } from '#inference/session-factory.js';
import { Segmenter, type Picture } from '#inference/segmenter.js';
import { meanNetwork, redNetwork, SMALL_SIDE } from '../../harness/small-networks.js';

const FLOATS = {
  kind: 'f32-nchw',
  name: 'input',
  sidePixels: SMALL_SIDE,
  mean: [0, 0, 0],
  std: [255, 255, 255],
};
const OPACITY = { kind: 'f32', name: 'output', sidePixels: SMALL_SIDE, activation: 'none' };

/** A picture of the small model's size. */
const pictureOf = (data: Uint8Array): Picture => ({ data, width: SMALL_SIDE, height: SMALL_SIDE });

/** A gray ramp from left to right, as R G B. */
const ramp = (): Buffer =>
  Buffer.from(Array.from({ length: 3 * SMALL_SIDE ** 2 }, (_, i) => 4 * (Math.floor(i / 3) % SMALL_SIDE)));

describe('segmenter', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segmenter-'));
    path = join(folder, 'm.onnx');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function load(file: Buffer, more: object = {}): Promise<Segmenter> {
    await writeFile(path, file);
    return Segmenter.load(entryOf(file, more), path, 1);
  }

  test('given a float model that gives opacity, when run, then its values become bytes', async () => {
    const network = await load(meanNetwork());
    const { data, width, height } = await network.segment(pictureOf(ramp()));
    expect([width, height, data.length]).toEqual([SMALL_SIDE, SMALL_SIDE, SMALL_SIDE ** 2]);
    expect([...data.subarray(0, 4)]).toEqual([0, 4, 8, 12]);
    await network.release();
  });

  test('given a float model that gives logits, when run, then the sigmoid is applied', async () => {
    const input = { ...FLOATS, mean: [128, 128, 128], std: [16, 16, 16] };
    const network = await load(meanNetwork(), { input, output: { ...OPACITY, activation: 'sigmoid' } });
    const { data } = await network.segment(pictureOf(ramp()));
    expect([data[0], data[32], data[63]]).toEqual([0, 128, 255]);
    expect(data[28]).toBe(Math.round(255 / (1 + Math.exp(1))));
    await network.release();
  });

  test('given a byte model with a coarser grid, when run, then pixels are passed unchanged and not modified', async () => {
    const network = await load(redNetwork(), {
      input: { kind: 'u8-nhwc', name: 'pixels', sidePixels: SMALL_SIDE },
      output: { kind: 'u8', name: 'mask', sidePixels: SMALL_SIDE / 2 },
    });
    const pixels = ramp();
    await network.warmUp();
    const { data, width } = await network.segment(pictureOf(pixels));
    expect(width).toBe(SMALL_SIDE / 2);
    expect([...data.subarray(0, 3)]).toEqual([0, 8, 16]);
    expect(pixels.equals(ramp())).toBe(true);
    await network.release();
  });

  test.each([
    ['floats', meanNetwork, {}, SMALL_SIDE],
    [
      'bytes',
      redNetwork,
      {
        input: { kind: 'u8-nhwc', name: 'pixels', sidePixels: SMALL_SIDE },
        output: { kind: 'u8', name: 'mask', sidePixels: SMALL_SIDE / 2 },
      },
      SMALL_SIDE / 2,
    ],
  ])(
    'given a model of %s that takes batches, when several are run, then each mask is that of its image alone',
    async (_, network, more, side) => {
      const segmenter = await load(network(), more);
      expect(segmenter.takesBatches).toBe(true);
      const images = [0, 40, 80].map((shift) => Buffer.from(ramp().map((value) => (value + shift) % 256)));
      const before = images.map((image) => Buffer.from(image));
      for (const count of [3, 2]) {
        const masks = await segmenter.segmentAll(images.slice(0, count).map(pictureOf));
        for (const [i, mask] of masks.entries()) {
          expect(mask).toEqual(await segmenter.segment(pictureOf(images[i]!)));
          expect([mask.width, mask.data.length, mask.data.byteLength]).toEqual([side, side ** 2, side ** 2]);
        }
      }
      expect(images.every((image, i) => image.equals(before[i]!))).toBe(true);
      await segmenter.warmUp(2);
      await segmenter.release();
    },
  );

  test('given a model without batches, when several images are run, then they run one by one', async () => {
    const segmenter = await load(meanNetwork(1));
    expect(segmenter.takesBatches).toBe(false);
    const masks = await segmenter.segmentAll([ramp(), ramp()].map(pictureOf));
    expect(masks.map(({ data }) => data[2])).toEqual([8, 8]);
    await segmenter.release();
  });

  test('given a provider that this build of the runtime lacks, when a model is loaded for it, then it fails and runs nowhere else', async () => {
    const offered = listSupportedBackends().map(({ name }) => name);
    const missing = PROVIDERS.find((provider) => !offered.includes(provider))!;
    const file = meanNetwork();
    await writeFile(path, file);
    await expect(Segmenter.load(entryOf(file), path, 1, missing)).rejects.toMatchObject({
      name: 'ProviderUnavailable',
      provider: missing,
      fault: 'not-offered',
    });
  });

  test('given the probe model, when run on the CPU, then it works', async () => {
    const session = await InferenceSession.create(convolutionProbe(32));
    const feeds = Object.fromEntries(
      session.inputMetadata.map((input) => {
        const dims = (input.isTensor ? input.shape : []).map(Number);
        const values = new Float32Array(dims.reduce((product, dim) => product * dim)).fill(1);
        return [input.name, new Tensor('float32', values, dims)];
      }),
    );
    const output = (await session.run(feeds))['output']!;
    // Eight channels, and at a corner four of the nine weights are on the image.
    expect([(output.data as Float32Array)[0], output.dims]).toEqual([32, [1, 8, 8, 8]]);
    await session.release();
  });

  test.each([
    ['another input name', { input: { ...FLOATS, name: 'image' } }, 'input image: the model has no value'],
    ['another output name', { output: { ...OPACITY, name: 'mask' } }, 'output mask: the model has no value'],
    ['another size', { input: { ...FLOATS, sidePixels: 128 } }, 'has the shape'],
    ['another grid', { output: { ...OPACITY, sidePixels: 128 } }, 'has the shape'],
    ['bytes in', { input: { kind: 'u8-nhwc', name: 'input', sidePixels: SMALL_SIDE } }, 'not of type uint8'],
    ['bytes out', { output: { kind: 'u8', name: 'output', sidePixels: SMALL_SIDE } }, 'not of type uint8'],
  ])('given a manifest that promises %s, when loaded, then the error says so', async (_, more, message) => {
    await expect(load(meanNetwork(), more)).rejects.toThrow(message);
  });

  test('given a file that is not a model, or does not match the manifest, when loaded, then it fails', async () => {
    await expect(load(Buffer.from('not an ONNX file'))).rejects.toThrow('cannot be loaded');
    await expect(load(meanNetwork(), { sha256: '0'.repeat(64) })).rejects.toThrow('sha256');
    await expect(load(meanNetwork(), { bytes: 1 })).rejects.toThrow('wrong length');
  });

  describe('added models', () => {
    const addition = (more: object = {}): ReturnType<typeof additionSchema.parse> =>
      additionSchema.parse({
        name: 'mine',
        size: String(SMALL_SIDE),
        mean: '0,0,0',
        std: '1,1,1',
        output: 'sigmoid',
        license: 'MIT',
        provenance: 'made in this test',
        ...more,
      });
    let registry: ModelRegistry;
    beforeEach(async () => {
      await mkdir(join(folder, 'models'));
      await writeFile(
        join(folder, 'models/manifest.json'),
        JSON.stringify({ models: [{ ...entryOf(Buffer.from('x')), name: 'shipped', default: true }] }),
      );
      registry = new ModelRegistry(folder, 'out');
    });

    test('given an ONNX file, when added twice, then it is listed once, verified, and used by its name', async () => {
      await writeFile(path, meanNetwork());
      await addModel(registry, path, addition(), LICENSE_CLASSES);
      await addModel(registry, path, addition({ title: 'again' }), LICENSE_CLASSES);
      const again = new ModelRegistry(folder, 'out');
      expect(again.models.map(({ name }) => name)).toEqual(['shipped', 'mine']);
      const entry = again.find('mine');
      expect(entry).toMatchObject({
        title: 'again',
        input: { name: 'input', normalization: { std: [255, 255, 255] } },
      });
      await again.verify(entry);
      const network = await Segmenter.load(entry, again.pathOf(entry), 1);
      expect((await network.segment(pictureOf(ramp()))).data[2]).toBe(8);
      await network.release();
    });

    test('given a license, when a model is added, then its class is stated, implied, or refused by policy', async () => {
      await writeFile(path, meanNetwork());
      const add = async (
        text: string,
        stated?: string,
        allowed: readonly LicenseClass[] = LICENSE_CLASSES,
      ) => {
        const more = { license: text, ...(stated !== undefined && { 'license-class': stated }) };
        return (await addModel(registry, path, addition(more), allowed)).entry.license.class;
      };
      expect(await add('MIT')).toBe('undeclared');
      expect(await add('MIT', 'permissive-doubtful-data')).toBe('permissive-doubtful-data');
      expect(await add('CC-BY-NC-4.0')).toBe('non-commercial');
      await expect(add('AGPL-3.0-only', 'permissive')).rejects.toThrow('is copyleft, not permissive');
      await expect(add('GPL-3.0-only', undefined, ['permissive'])).rejects.toThrow(
        'add copyleft to MODEL_LICENSES',
      );
      const { models } = new ModelRegistry(folder, 'out');
      expect(models.map(({ license }) => license.class)).toEqual(['permissive', 'non-commercial']);
    });

    test('given a file that does not match its description, or a name in use, when added, then nothing changes', async () => {
      await writeFile(path, meanNetwork());
      const added = (more?: object): Promise<unknown> =>
        addModel(registry, path, addition(more), LICENSE_CLASSES);
      await expect(added({ size: '128' })).rejects.toThrow('has the shape');
      await expect(added({ name: 'shipped' })).rejects.toThrow('another name');
      await writeFile(path, 'nonsense');
      await expect(added()).rejects.toThrow('not an ONNX model');
      await expect(readdir(join(folder, 'out'))).rejects.toThrow('ENOENT');
      await expect(readFile(join(folder, 'models/local.json'))).rejects.toThrow('ENOENT');
    });
  });
});

function entryOf(file: Buffer, more: object = {}): ModelEntry {
  return modelSchema.parse({
    name: 'm',
    title: 'M',
    file: 'm.onnx',
    bytes: file.length,
    sha256: createHash('sha256').update(file).digest('hex'),
    source: { kind: 'file' },
    license: { class: 'permissive', package: 'a', weights: 'b', source: 'c' },
    provenance: 'p',
    input: FLOATS,
    output: OPACITY,
    ...more,
  });
}
