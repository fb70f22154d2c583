/** @jest-environment ./test/harness/onnx-environment.cjs */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { node } from '#model-builder/onnx/onnx-build.js';
import { bytesFrom, expectNear, pictureOf, redOf, UNIT, useRegistry } from '../harness/added-models.js';
import { bytesOf, externalTensor, mattingGraph, SIDE } from '../harness/matting-graphs.js';

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
