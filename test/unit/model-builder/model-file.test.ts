/** @jest-environment ./test/harness/onnx-environment.cjs */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { foreignOperators, operatorNotes } from '#model-builder/addition/load-reason.js';
import { readModelFile } from '#model-builder/addition/model-file.js';
import { node, tensor } from '#model-builder/onnx/onnx-build.js';
import type { OnnxModel } from '#model-builder/onnx/onnx-types.js';
import { bytesOf, externalTensor, mattingGraph } from '../../harness/matting-graphs.js';

describe('model file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-file-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const digestOf = async (bytes: Buffer): Promise<string> => {
    await writeFile(join(folder, 'm.onnx'), bytes);
    return (await readModelFile(join(folder, 'm.onnx'))).tensors;
  };
  const weights = Float32Array.from({ length: 9 * 3 * 8 }, (_, i) => Math.sin(i));
  const convolution = (name: string, values = weights, producer = 'a'): OnnxModel =>
    mattingGraph({
      tail: (from, to) => ({
        nodes: [node('Identity', [from], [to]), node('Identity', [name], ['unused'])],
        initializers: [tensor(name, values, [8, 3, 3, 3])],
      }),
      change: (built) => void (built.producerName = producer),
    });

  test('the digest of tensors ignores names and metadata, and not a single value', async () => {
    const first = await digestOf(bytesOf(convolution('w')));
    expect(await digestOf(bytesOf(convolution('another', weights, 'another producer')))).toBe(first);
    const changed = Float32Array.from(weights);
    changed[5] = 0.5;
    expect(await digestOf(bytesOf(convolution('w', changed)))).not.toBe(first);
  });

  test('the digest is the same when the weights are in another file', async () => {
    const first = await digestOf(bytesOf(convolution('w')));
    await writeFile(join(folder, 'w.data'), new Uint8Array(weights.buffer));
    const moved = mattingGraph({
      tail: (from, to) => ({
        nodes: [node('Identity', [from], [to])],
        initializers: [externalTensor('w', [8, 3, 3, 3], 'w.data', weights.byteLength)],
      }),
    });
    expect(await digestOf(bytesOf(moved))).toBe(first);
  });

  test.each([19, 22])('DeformConv of operator set %i loads, and is worth a note', async (version) => {
    const built = mattingGraph({
      tail: (from, to) => ({
        nodes: [node('DeformConv', [from, 'w', 'offset'], [to], { attributes: { kernel_shape: [1, 1] } })],
        initializers: [
          tensor('w', Float32Array.of(1), [1, 1, 1, 1]),
          tensor('offset', new Float32Array(2 * 32 * 32), [1, 2, 32, 32]),
        ],
      }),
      change: (made) => {
        made.irVersion = 9;
        made.opsets[0] = { domain: '', version, rest: [] };
      },
    });
    const session = await InferenceSession.create(bytesOf(built));
    await session.release();
    await writeFile(join(folder, 'm.onnx'), bytesOf(built));
    const { model } = await readModelFile(join(folder, 'm.onnx'));
    expect(operatorNotes(model)).toEqual([expect.stringContaining(`operator set ${version} runs natively`)]);
    expect(foreignOperators(model)).toEqual([]);
  });
});
