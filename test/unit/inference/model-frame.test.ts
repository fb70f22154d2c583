import { halfValues, toHalf } from '#inference/half-floats.js';
import { frameOf, placementOf } from '#inference/model-frame.js';
import { manifestSchema } from '#inference/model-manifest.js';
import type { SizeRule } from '#inference/model-signature.js';

const keep = (more: object = {}): SizeRule => ({
  fit: 'keep',
  side: 'longer',
  target: 512,
  multiple: 32,
  round: 'nearest',
  min: 64,
  max: 1024,
  ...more,
});

describe('frames', () => {
  test.each<[rule: SizeRule, width: number, height: number, expected: [number, number]]>([
    [{ fit: 'squash', width: 64, height: 32 }, 1000, 10, [64, 32]],
    [keep(), 1000, 500, [512, 256]],
    [keep(), 1000, 490, [512, 256]],
    [keep({ round: 'down' }), 1000, 490, [512, 224]],
    [keep({ round: 'up' }), 1000, 510, [512, 288]],
    [keep(), 10_000, 10, [512, 64]],
    [keep({ side: 'shorter' }), 300, 600, [512, 1024]],
    [keep({ side: 'shorter' }), 300, 900, [352, 1024]],
    [keep({ target: 384, multiple: 64 }), 1500, 1000, [384, 256]],
  ])('given %j, when a picture has %i x %i pixels, then its frame is %j', (rule, width, height, expected) => {
    const frame = frameOf(rule, { width, height });
    expect([frame.width, frame.height]).toEqual(expected);
  });

  test('a picture lies in the middle of a letterbox, or at its top left', () => {
    const box = {
      fit: 'letterbox' as const,
      width: 100,
      height: 60,
      fill: [0, 0, 0] as [number, number, number],
    };
    const frame = frameOf({ ...box, place: 'center' }, { width: 300, height: 300 });
    expect(frame).toEqual({ width: 60, height: 60 });
    expect(placementOf({ ...box, place: 'center' }, frame)).toMatchObject({ left: 20, top: 0 });
    expect(placementOf({ ...box, place: 'top-left' }, frame)).toMatchObject({ left: 0, top: 0 });
    expect(() => placementOf({ ...box, place: 'center' }, { width: 101, height: 1 })).toThrow(RangeError);
    expect(() => placementOf({ fit: 'squash', width: 9, height: 9 }, { width: 9, height: 8 })).toThrow(
      RangeError,
    );
  });
});

describe('half floats', () => {
  test('every pattern is read and written back', () => {
    const values = halfValues();
    const wrong = [...values.keys()].filter((bits) => {
      const value = values[bits] as number;
      return !Number.isNaN(value) && toHalf(value) !== bits;
    });
    expect(wrong).toEqual([]);
  });

  test('values between two are rounded to the nearest, ties to even', () => {
    expect(toHalf(1 + 1 / 2048)).toBe(toHalf(1));
    expect(toHalf(1 + 3 / 2048)).toBe(toHalf(1 + 1 / 512));
    expect(toHalf(2047.6 / 1024)).toBe(toHalf(2));
    expect([toHalf(65_519), toHalf(65_520), toHalf(1e-9)]).toEqual([0x7bff, 0x7c00, 0]);
  });
});

describe('the manifest', () => {
  test('an entry of version 1 is read as one of today', () => {
    const old = {
      name: 'm',
      title: 'M',
      default: true,
      file: 'm.onnx',
      bytes: 1,
      sha256: '0'.repeat(64),
      source: { kind: 'file' },
      license: { class: 'permissive', weights: 'MIT', package: 'MIT', source: 'a test' },
      provenance: 'p',
    };
    const { models } = manifestSchema.parse({
      models: [
        {
          ...old,
          input: { kind: 'f32-nchw', name: 'i', sidePixels: 64, mean: [1, 2, 3], std: [4, 5, 6] },
          output: { kind: 'f32', name: 'o', sidePixels: 32, activation: 'sigmoid' },
        },
        {
          ...old,
          name: 'bytes',
          default: false,
          input: { kind: 'u8-nhwc', name: 'i', sidePixels: 64 },
          output: { kind: 'u8', name: 'o', sidePixels: 32 },
        },
      ],
    });
    expect(models[0]).toMatchObject({
      input: {
        type: 'float32',
        layout: 'nchw',
        size: { fit: 'squash', width: 64, height: 64 },
        normalization: { mean: [1, 2, 3], std: [4, 5, 6], byMaximum: false },
      },
      output: { type: 'float32', kind: 'logits', size: { width: 32, height: 32 }, stretch: false },
    });
    expect(models[1]).toMatchObject({ input: { type: 'uint8', layout: 'nhwc' }, output: { kind: 'bytes' } });
  });
});
