import { MattePass, type MatteExtras } from '#imaging/matting/matte.js';
import type { MattePatch, PatchVote } from '#imaging/matting/matte-patch.js';
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

const vote = (...patches: MattePatch[]): PatchVote => ({ patches, votesBelow: 0 });

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
    const { raster, pass } = applied(mask(0), { votes: [vote(patch(255, 1))] });
    expect(pixel(raster, 16, 16)).toEqual([100, 101, 102, 255]);
    expect(pixel(raster, 4, 16)).toEqual([0, 0, 0, 0]);
    expect(pass.foreground).toEqual({ left: 8, top: 8, width: 16, height: 16 });
    expect(pass.filled(16)).toEqual({ from: 8, to: 24 });
  });

  test('given weights of a half, when applied, then alpha is the mean', () => {
    const { raster } = applied(mask(255), { votes: [vote(patch(0, 0.5))] });
    expect(pixel(raster, 16, 16)).toEqual([100, 101, 102, 128]);
    expect(pixel(raster, 2, 2)).toEqual([100, 101, 102, 255]);
  });

  test('given a patch that removes everything, when applied, then pixels are cleared', () => {
    const { raster } = applied(mask(255), { votes: [vote(patch(0, 1))] });
    expect(pixel(raster, 16, 16)).toEqual([0, 0, 0, 0]);
  });

  test('given patches one after the other, when the second has half the weight, then the result is their mean', () => {
    const { raster } = applied(mask(255), { votes: [vote(patch(0, 1)), vote(patch(200, 0.5))] });
    expect(pixel(raster, 16, 16)[3]).toBe(100);
  });

  test('given three patches that vote, when applied, then the median counts, also where one does not reach', () => {
    const small = { ...patch(200, 1), rect: { left: 12, top: 12, width: 8, height: 8 } };
    const { raster, pass } = applied(mask(255), { votes: [vote(patch(100, 1), small, patch(0, 1))] });
    expect(pixel(raster, 16, 16)[3]).toBe(100);
    expect(pixel(raster, 9, 9)[3]).toBe(100);
    expect(pixel(raster, 4, 4)[3]).toBe(255);
    expect(pass.foreground).toEqual({ left: 0, top: 0, width: 32, height: 32 });
  });

  test('given votes for the matte below, when applied, then it changes as far as all patches agree', () => {
    const changed = (...opacities: number[]): number => {
      const patches = opacities.map((opacity) => patch(opacity, 1));
      const { raster } = applied(mask(100), { votes: [{ patches, votesBelow: patches.length - 1 }] });
      return pixel(raster, 16, 16)[3]!;
    };
    expect([changed(200, 150, 255), changed(40, 90, 0), changed(40, 150, 255)]).toEqual([150, 90, 100]);
  });

  test('given rows in another order, when applied in stripes, then the result is the same', () => {
    const raster = image();
    const pass = new MattePass(raster, mask(90), { votes: [vote(patch(255, 0.7))] });
    for (const from of [16, 24, 0, 8]) pass.rows(from, from + 8);
    const whole = applied(mask(90), { votes: [vote(patch(255, 0.7))] });
    expect(raster.data).toEqual(whole.raster.data);
    expect(pass.foreground).toEqual(whole.pass.foreground);
  });

  test('given a patch outside of the image, when a pass is made, then it is refused', () => {
    const outside = { ...patch(255, 1), rect: { left: 20, top: 8, width: 16, height: 16 } };
    expect(() => new MattePass(image(), mask(0), { votes: [vote(outside)] })).toThrow(RangeError);
  });
});
