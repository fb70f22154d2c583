import fc from 'fast-check';
import { model, node, tensor, value } from '#model-builder/onnx/onnx-build.js';
import { decodeModel, encodeModel } from '#model-builder/onnx/onnx-codec.js';
import { floatsOf } from '#model-builder/onnx/tensor-values.js';
import { DataType, type OnnxModel, type OnnxOpset } from '#model-builder/onnx/onnx-types.js';
import { WireError } from '#model-builder/onnx/protobuf.js';
import { segmentationNetwork } from '../../harness/small-networks.js';

const bytesOf = (made: OnnxModel): Buffer => Buffer.concat(encodeModel(made));

const NOTHING = fc.constant<never[]>([]);
const text = fc.string({ maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 600 });
const tensors = fc.record({
  dims: fc.array(fc.nat(), { maxLength: 4 }),
  dataType: fc.nat({ max: 16 }),
  name: text,
  rawData: bytes,
  externalData: fc.array(fc.record({ key: text, value: text, rest: NOTHING }), { maxLength: 2 }),
  dataLocation: fc.nat({ max: 1 }),
  rest: NOTHING,
});
const attributes = fc.record({
  name: text,
  i: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  s: bytes,
  t: tensors,
  floats: fc.array(fc.float({ noNaN: true })),
  ints: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  type: fc.nat({ max: 14 }),
  rest: NOTHING,
});
const nodes = fc.record({
  inputs: fc.array(text),
  outputs: fc.array(text),
  opType: text,
  attributes: fc.array(attributes, { maxLength: 3 }),
  rest: NOTHING,
});
const graphs = fc.record({
  nodes: fc.array(nodes, { maxLength: 5 }),
  name: text,
  initializers: fc.array(tensors, { maxLength: 5 }),
  inputs: fc.array(fc.constant(value('x', DataType.uint8, ['n', 3]))),
  outputs: NOTHING,
  valueInfo: NOTHING,
  rest: NOTHING,
});
const models = fc.record({
  irVersion: fc.nat(),
  graph: graphs,
  opsets: fc.array(fc.constant<OnnxOpset>({ domain: '', version: 15, rest: [] })),
  rest: NOTHING,
});

/** Comparable whatever the bytes are held in: typed arrays as hex, bigints as text, -0 as 0. */
function plain(held: unknown): unknown {
  if (typeof held === 'bigint') return `${held}n`;
  if (ArrayBuffer.isView(held)) return Buffer.from(held as Uint8Array).toString('hex');
  if (Array.isArray(held)) return held.map(plain);
  if (typeof held !== 'object' || held === null) return held === 0 ? 0 : held;
  return Object.fromEntries(Object.entries(held).map(([key, each]) => [key, plain(each)]));
}

describe('ONNX codec', () => {
  test('given any model, when written and read, then it is the same, and written again the same bytes', () => {
    fc.assert(
      fc.property(models, (made: OnnxModel) => {
        const written = bytesOf(made);
        const read = decodeModel(written);
        expect(plain(read)).toEqual(plain(made));
        expect(bytesOf(read)).toEqual(written);
      }),
      { numRuns: 50 },
    );
  });

  test('given unknown fields, when read and written, then they are kept', () => {
    const doc = Buffer.from([0x32, 3, 0x61, 0x62, 0x63]);
    const fixed = Buffer.from([0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]);
    const made = Buffer.concat([Buffer.from([0x08, 8]), doc, fixed]);
    const read = decodeModel(made);
    expect(read.irVersion).toBe(8);
    expect(read.rest.map((each) => Buffer.from(each))).toEqual([doc, fixed]);
    expect(bytesOf(read)).toEqual(made);
  });

  test('given packed and unpacked numbers, when read, then both are decoded', () => {
    const packed = Buffer.from([0x3a, 8, 0x2a, 6, 0x0a, 2, 3, 0x80, 0x4a, 0]);
    const broken = (): OnnxModel => decodeModel(packed);
    expect(broken).toThrow(WireError);
    const good = Buffer.from([0x3a, 8, 0x2a, 6, 0x0a, 2, 3, 4, 0x4a, 0]);
    expect(decodeModel(good).graph?.initializers[0]?.dims).toEqual([3, 4]);
  });

  test('given weights, when read, then they are views of the file and not copies', () => {
    const file = segmentationNetwork();
    const raw = decodeModel(file).graph?.initializers[0]?.rawData;
    expect(raw?.buffer).toBe(file.buffer);
  });

  test('given any bytes cut or damaged, when read, then the answer is a model or a WireError', () => {
    const file = segmentationNetwork();
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = Buffer.from(file);
        damaged[at] = byte;
        for (const tried of [damaged, file.subarray(0, at)]) {
          try {
            decodeModel(tried);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('given float16 constants, when widened, then every kind of value is exact', () => {
    const halves = Uint16Array.of(0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0x3555);
    const rawData = new Uint8Array(halves.buffer);
    const half = { dims: [8], dataType: DataType.float16, rawData, externalData: [], rest: [] };
    expect([...floatsOf(half)]).toEqual([
      0,
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      Infinity,
      0.333251953125,
    ]);
    expect(() => floatsOf({ ...half, dims: [9] })).toThrow(WireError);
  });

  test('given weights at an unaligned offset, when read as floats, then they are correct', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd']) {
      const made = model({
        name,
        nodes: [node('Relu', ['x'], ['y'])],
        initializers: [tensor('w', Float32Array.of(1.5, -2))],
        inputs: [],
        outputs: [],
      });
      const read = decodeModel(bytesOf(made)).graph?.initializers[0];
      expect([...floatsOf(read!)]).toEqual([1.5, -2]);
    }
  });
});
