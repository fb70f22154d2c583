import { MattePass, type MatteExtras } from '#imaging/matting/matte.js';
import type { MattePatch } from '#imaging/matting/matte-patch.js';
import type { Mask, Raster } from '#imaging/raster/raster.js';

const mask = (opacity: number, side = 8): Mask => ({
  data: new Uint8Array(side * side).fill(opacity),
  width: side,
  height: side,
});

const image = (): Raster => ({
  data: Uint8Array.from({ length: 4 * 32 * 32 }, (_, i) => (i % 4 === 3 ? 255 : 100 + (i % 4))),
  width: 32,
  height: 32,
});

const patch = (opacity: number, weight: number): MattePatch => ({
  rect: { left: 8, top: 8, width: 16, height: 16 },
  mask: mask(opacity),
  edges: undefined,
  weights: new Float32Array(64).fill(weight),
});

function applied(base: Mask, extras: MatteExtras): { raster: Raster; pass: MattePass } {
  const raster = image();
  const pass = new MattePass(raster, base, extras);
  pass.rows(0, 32);
  return { raster, pass };
}

const pixel = ({ data }: Raster, x: number, y: number): number[] => [
  ...data.subarray(4 * (32 * y + x), 4 * (32 * y + x) + 4),
];

describe('patches of a matte', () => {
  test('given a patch over nothing, when applied, then it has the original colors, and the box is the patch', () => {
    const { raster, pass } = applied(mask(0), { patches: [patch(255, 1)] });
    expect(pixel(raster, 16, 16)).toEqual([100, 101, 102, 255]);
    expect(pixel(raster, 4, 16)).toEqual([0, 0, 0, 0]);
    expect(pass.foreground).toEqual({ left: 8, top: 8, width: 16, height: 16 });
    expect(pass.filled(16)).toEqual({ from: 8, to: 24 });
  });

  test('given weights of a half, when applied, then alpha is the mean', () => {
    const { raster } = applied(mask(255), { patches: [patch(0, 0.5)] });
    expect(pixel(raster, 16, 16)).toEqual([100, 101, 102, 128]);
    expect(pixel(raster, 2, 2)).toEqual([100, 101, 102, 255]);
  });

  test('given a patch that removes everything, when applied, then pixels are cleared', () => {
    const { raster } = applied(mask(255), { patches: [patch(0, 1)] });
    expect(pixel(raster, 16, 16)).toEqual([0, 0, 0, 0]);
  });

  test('given two patches, when the second has half the weight, then the result is their mean', () => {
    const { raster } = applied(mask(255), { patches: [patch(0, 1), patch(200, 0.5)] });
    expect(pixel(raster, 16, 16)[3]).toBe(100);
  });

  test('given rows in another order, when applied in stripes, then the result is the same', () => {
    const raster = image();
    const pass = new MattePass(raster, mask(90), { patches: [patch(255, 0.7)] });
    for (const from of [16, 24, 0, 8]) pass.rows(from, from + 8);
    const whole = applied(mask(90), { patches: [patch(255, 0.7)] });
    expect(raster.data).toEqual(whole.raster.data);
    expect(pass.foreground).toEqual(whole.pass.foreground);
  });

  test('given a patch outside of the image, when a pass is made, then it is refused', () => {
    const outside = { ...patch(255, 1), rect: { left: 20, top: 8, width: 16, height: 16 } };
    expect(() => new MattePass(image(), mask(0), { patches: [outside] })).toThrow(RangeError);
  });
});
