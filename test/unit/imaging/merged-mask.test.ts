import type { MattePatch } from '#imaging/matting/matte-patch.js';
import { mergedMask } from '#imaging/matting/merged-mask.js';

const REGION = { left: 10, top: 0, width: 40, height: 40 };
const mask = (): { data: Uint8Array; width: number; height: number } => ({
  data: new Uint8Array(16).fill(100),
  width: 4,
  height: 4,
});

describe('masks of several looks', () => {
  test('given a patch over a quarter of the region, when merged, then the other cells are unchanged', () => {
    const patch = {
      rect: { left: 30, top: 20, width: 20, height: 20 },
      mask: { data: new Uint8Array(64).fill(200), width: 8, height: 8 },
      edges: undefined,
      weights: new Float32Array(64).fill(0.5),
    };
    const first = mask();
    const merged = mergedMask(first, REGION, [{ patches: [patch], votesBelow: 0 }]);
    expect([...merged.data]).toEqual([
      ...[100, 100, 100, 100],
      ...[100, 100, 100, 100],
      ...[100, 100, 150, 150],
      ...[100, 100, 150, 150],
    ]);
    expect([...first.data]).toEqual(Array(16).fill(100));
  });

  const patch = (value: number, weight: number): MattePatch => ({
    rect: REGION,
    mask: { data: new Uint8Array(4).fill(value), width: 2, height: 2 },
    edges: undefined,
    weights: new Float32Array(4).fill(weight),
  });

  test('given patches one after the other, when merged, then the second blends into the first', () => {
    const votes = [patch(200, 1), patch(0, 0.25)].map((each) => ({ patches: [each], votesBelow: 0 }));
    expect([...mergedMask(mask(), REGION, votes).data]).toEqual(Array(16).fill(150));
  });

  test('given patches that vote, when merged, then the median counts', () => {
    const patches = [patch(200, 1), patch(120, 1), patch(90, 1)];
    expect(mergedMask(mask(), REGION, [{ patches, votesBelow: 0 }]).data[0]).toBe(120);
    expect(mergedMask(mask(), REGION, [{ patches, votesBelow: 2 }]).data[0]).toBe(100);
  });
});
