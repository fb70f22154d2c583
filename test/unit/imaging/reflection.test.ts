import { reflectionOf } from '#imaging/compose/reflection.js';
import type { Raster } from '#imaging/raster/raster.js';

describe('reflection', () => {
  /** Three rows of one pixel: red, green, blue, of these opacities; then transparent rows. */
  const column = (opacities: readonly number[], height: number): Raster => {
    const data = new Uint8Array(4 * height);
    opacities.forEach((alpha, y) =>
      data.set([y === 0 ? 255 : 0, y === 1 ? 255 : 0, y === 2 ? 255 : 0, alpha], 4 * y),
    );
    return { data, width: 1, height };
  };
  const BOX = { left: 0, top: 0, width: 1, height: 3 };

  test('given a subject, when reflected over its whole height, then its rows are upside down and fade out evenly', () => {
    const { data, top } = reflectionOf(column([255, 255, 255], 8), BOX, {
      reflection: 90,
      reflection_length: '100%',
    })!;
    expect(top).toBe(3);
    // 90 % at the floor: 5/6, 3/6 and 1/6 of it at the centers of the rows.
    expect([...data]).toEqual([...[0, 0, 255, 191], ...[0, 255, 0, 115], ...[255, 0, 0, 38]]);
  });

  test('given a gap and little room, when reflected, then it starts lower and ends at the edge', () => {
    const { data, top } = reflectionOf(column([255, 255, 255], 5), BOX, {
      reflection: 100,
      reflection_length: '100%',
      reflection_offset: '1px',
    })!;
    expect([top, data.length]).toEqual([4, 4]);
  });

  test('given a soft lower edge, when reflected, then the floor is below the lowest solid pixel', () => {
    const { data, top } = reflectionOf(column([255, 255, 60], 5), BOX, {
      reflection: 100,
      reflection_length: '100%',
    })!;
    expect(top).toBe(2);
    expect([...data.subarray(0, 3)]).toEqual([0, 255, 0]);
  });

  test('given no opacity or no room, when reflected, then there is nothing to draw', () => {
    expect(reflectionOf(column([255, 255, 255], 8), BOX, { reflection: 0 })).toBeUndefined();
    expect(reflectionOf(column([255, 255, 255], 3), BOX, { reflection: 50 })).toBeUndefined();
    expect(reflectionOf(column([255, 255, 255], 8), BOX, {})).toBeUndefined();
  });
});
