import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LICENSE_CLASSES } from '#contracts/model-license.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter, type Picture } from '#inference/segmenter.js';
import { addModel, additionSchema, type AddedModel } from '#model-builder/model-addition.js';
import { SeededRandom } from './seeded-random.js';

export type Options = Record<string, string | boolean | undefined>;

export const UNIT: Options = { normalize: 'unit' };

/** Colors of every pixel are independent: a mask that is shifted, transposed or squashed differs. */
export function pictureOf(width: number, height: number): Picture {
  const random = new SeededRandom(1000 * width + height);
  const data = Uint8Array.from({ length: 3 * width * height }, () => Math.floor(random.between(0, 256)));
  return { data, width, height };
}

/** A channel of a picture, 0 to 1. */
export const channelOf = ({ data }: Picture, channel: number): number[] =>
  Array.from({ length: data.length / 3 }, (_, i) => (data[3 * i + channel] as number) / 255);

export const redOf = (picture: Picture): number[] => channelOf(picture, 0);
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const bytesFrom = (values: readonly number[]): number[] =>
  values.map((each) => Math.round(255 * Math.min(1, Math.max(0, each))));

/** A registry in a folder of its own, and the model `mine` in it. */
export function useRegistry(): {
  add: (bytes: Buffer, options: Options) => Promise<AddedModel>;
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
        license: 'MIT',
        provenance: 'a test',
        ...options,
      });
      return addModel(registry(), path, addition, LICENSE_CLASSES);
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
  license: { class: 'permissive', weights: 'MIT', package: 'MIT', source: 'a test' },
  provenance: 'p',
  input: { kind: 'f32-nchw', name: 'input', sidePixels: 64, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'f32', name: 'output', sidePixels: 64, activation: 'none' },
};

/** Fails for any cell that differs by more than one of 255. */
export function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  const wrong = found.findIndex((value, i) => Math.abs(value - (expected[i] as number)) > 1);
  expect({ cell: wrong, found: found[wrong], expected: expected[wrong] }).toEqual({ cell: -1 });
}
