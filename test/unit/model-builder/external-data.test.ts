import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withWeightsInMemory } from '#model-builder/onnx/external-data.js';
import { decodeModel, encodeModel } from '#model-builder/onnx/onnx-codec.js';
import type { OnnxModel, OnnxTensor } from '#model-builder/onnx/onnx-types.js';
import { modelOf, tinyIsnet } from '../../harness/tiny-isnet.js';

describe('weights in other files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'external-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The tiny network with all weights in `tiny.data`, one after the other. */
  function split(change: (entries: Record<string, string>) => object = (entries) => entries): {
    model: OnnxModel;
    data: Buffer;
  } {
    const pieces: Uint8Array[] = [];
    let offset = 0;
    const graph = tinyIsnet();
    const initializers = graph.initializers.map((each): OnnxTensor => {
      const { rawData = new Uint8Array(), ...tensor } = each;
      const place = change({ location: 'tiny.data', offset: String(offset), length: String(rawData.length) });
      const externalData = Object.entries(place).map(([key, value]) => ({
        key,
        value: String(value),
        rest: [],
      }));
      pieces.push(rawData);
      offset += rawData.length;
      return { ...tensor, externalData, dataLocation: 1 };
    });
    const model = decodeModel(Buffer.concat(encodeModel(modelOf({ ...graph, initializers }))));
    return { model, data: Buffer.concat(pieces) };
  }

  test('they are read from beside the model', async () => {
    const { model, data } = split();
    await writeFile(join(folder, 'tiny.data'), data);
    const whole = await withWeightsInMemory(model, join(folder, 'tiny.onnx'));
    const bytes = whole.graph!.initializers.map(({ rawData }) => Buffer.from(rawData!).toString('hex'));
    expect(bytes).toEqual(
      tinyIsnet().initializers.map(({ rawData }) => Buffer.from(rawData!).toString('hex')),
    );
  });

  test('a missing or short file is named', async () => {
    const { model, data } = split();
    const path = join(folder, 'tiny.onnx');
    await expect(withWeightsInMemory(model, path)).rejects.toThrow('tiny.data, which holds weights');
    await writeFile(join(folder, 'tiny.data'), data.subarray(0, data.length - 4));
    await expect(withWeightsInMemory(model, path)).rejects.toThrow('too short');
  });

  test.each(['../tiny.data', '/etc/passwd', '', 'a/../../b'])(
    'a file outside of the folder is refused: %s',
    async (location) => {
      const { model } = split((entries) => ({ ...entries, location }));
      await expect(withWeightsInMemory(model, join(folder, 'tiny.onnx'))).rejects.toThrow(
        'no file beside the model',
      );
    },
  );

  test('a model with its weights inside stays as it is', async () => {
    const model = modelOf(tinyIsnet());
    await expect(withWeightsInMemory(model, join(folder, 'tiny.onnx'))).resolves.toBe(model);
  });
});
