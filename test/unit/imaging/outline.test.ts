import fc from 'fast-check';
import { outlineOf } from '#imaging/compose/outline.js';
import type { Mask } from '#imaging/raster/raster.js';

const maskOf = (width: number, rows: readonly (readonly number[])[]): Mask => ({
  data: Uint8Array.from(rows.flat()),
  width,
  height: rows.length,
});

const row = (mask: Mask, y: number): number[] => [
  ...mask.data.subarray(y * mask.width, (y + 1) * mask.width),
];

describe('outline', () => {
  test('given a solid pixel, when outlined by 2, then exactly two pixels follow on each side', () => {
    const { data } = outlineOf(maskOf(9, [[0, 0, 0, 0, 255, 0, 0, 0, 0]]), 2);
    expect([...data]).toEqual([0, 0, 255, 255, 255, 255, 255, 0, 0]);
  });

  test('given a width of 1.5, when outlined, then the second pixel is half covered', () => {
    const { data } = outlineOf(maskOf(7, [[0, 0, 0, 255, 0, 0, 0]]), 1.5);
    expect([...data]).toEqual([0, 128, 255, 255, 255, 128, 0]);
  });

  test('given an edge within a pixel, when outlined, then the outline ends as far within a pixel', () => {
    const right = (edge: number[]): number[] => row(outlineOf(maskOf(6, [[...edge, 0, 0, 0, 0]]), 2), 0);
    // The edge is 0.2 of a pixel, and 0.8 of one, behind the first pixel.
    expect(right([255, 51])).toEqual([255, 255, 255, 51, 0, 0]);
    expect(right([255, 204])).toEqual([255, 255, 255, 204, 0, 0]);
  });

  test('given a corner, when outlined, then it is round', () => {
    const corner = maskOf(6, [[255, 0, 0, 0, 0, 0], ...Array.from({ length: 5 }, () => [0, 0, 0, 0, 0, 0])]);
    const found = outlineOf(corner, 3);
    // The edge is half a pixel from the center: 3.5 - √(3² + 3²) < -0.5; 3.5 - √(2² + 2²) > 0.5; 3.5 - √(3² + 2²) = -0.106.
    expect(found.data[3 * 6 + 3]).toBe(0);
    expect(found.data[2 * 6 + 2]).toBe(255);
    expect(found.data[2 * 6 + 3]).toBe(Math.round(255 * (3.5 - Math.hypot(3, 2) + 0.5)));
  });

  test('given faint residue, when outlined, then it has no outline', () => {
    expect(outlineOf(maskOf(5, [[0, 0, 120, 0, 0]]), 3).data.every((value) => value === 0)).toBe(true);
  });

  test('given any mask, when outlined, then each pixel agrees with the distances to all solid pixels', () => {
    const sides = fc.record({
      width: fc.integer({ min: 1, max: 24 }),
      height: fc.integer({ min: 1, max: 24 }),
    });
    const masks = sides.chain(({ width, height }) =>
      fc
        .array(fc.constantFrom(0, 0, 0, 0, 0, 0, 255), {
          minLength: width * height,
          maxLength: width * height,
        })
        .map((values): Mask => ({ data: Uint8Array.from(values), width, height })),
    );
    fc.assert(
      fc.property(masks, fc.double({ min: 0.5, max: 12, noNaN: true }), (mask, width) => {
        const found = outlineOf(mask, width);
        const solid = [...mask.data.keys()].filter((i) => mask.data[i] === 255);
        const wrong = [...found.data.keys()].filter((i) => {
          const distance = Math.min(
            ...solid.map((at) =>
              Math.hypot(
                (i % mask.width) - (at % mask.width),
                Math.floor(i / mask.width) - Math.floor(at / mask.width),
              ),
            ),
          );
          const inside = distance === 0 ? 1 : Math.min(Math.max(width - (distance - 0.5) + 0.5, 0), 1);
          return Math.abs(found.data[i]! - 255 * (solid.length === 0 ? 0 : inside)) > 1;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
