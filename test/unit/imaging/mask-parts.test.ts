import fc from 'fast-check';
import { maskParts } from '#imaging/matting/mask-parts.js';
import type { Mask } from '#imaging/raster/raster.js';

/** A mask of rows of text: `#` is opaque, `+` half opaque. */
function maskOf(...rows: string[]): Mask {
  const data = Uint8Array.from(rows.join(''), (sign) => (sign === '#' ? 255 : sign === '+' ? 100 : 0));
  return { data, width: rows[0]!.length, height: rows.length };
}

/** Parts found by flooding, as sorted lists of cells. */
function flooded({ data, width, height }: Mask, from: number): number[][] {
  const seen = new Set<number>();
  const parts: number[][] = [];
  for (let start = 0; start < data.length; start += 1) {
    if (data[start]! < from || seen.has(start)) continue;
    const part = [start];
    seen.add(start);
    for (const cell of part) {
      const [x, y] = [cell % width, Math.floor(cell / width)];
      for (let i = Math.max(0, y - 1); i <= Math.min(height - 1, y + 1); i += 1) {
        for (let j = Math.max(0, x - 1); j <= Math.min(width - 1, x + 1); j += 1) {
          const next = i * width + j;
          if (data[next]! < from || seen.has(next)) continue;
          seen.add(next);
          part.push(next);
        }
      }
    }
    parts.push(part.sort((a, b) => a - b));
  }
  return parts;
}

describe('parts of a mask', () => {
  test('given areas that touch at corners, when labeled, then they are one part', () => {
    const { parts } = maskParts(maskOf('#...#', '.#.#.', '..#..', '.....', '#...#'), 64);
    expect(parts.map(({ box, mass }) => [box.width, box.height, mass / 255])).toEqual([
      [5, 3, 5],
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  test('given two arms that meet further down, when labeled, then they are one part', () => {
    expect(maskParts(maskOf('#.#.#', '#.#.#', '#.###', '###..'), 64).parts).toHaveLength(1);
    expect(maskParts(maskOf('#####', '#...#', '#.#.#', '#...#', '#####'), 64).parts).toHaveLength(2);
  });

  test('given soft cells, when labeled, then those from the limit on belong to a part', () => {
    const mask = maskOf('#++', '...', '++.');
    expect(maskParts(mask, 64).parts.map(({ mass, peak }) => [mass, peak])).toEqual([
      [455, 255],
      [200, 100],
    ]);
    expect(maskParts(mask, 128).parts).toHaveLength(1);
  });

  test('given an empty mask, when labeled, then it has no parts', () => {
    const { parts, labels } = maskParts(maskOf('...', '...'), 1);
    expect([parts, [...labels]]).toEqual([[], [-1, -1, -1, -1, -1, -1]]);
  });

  test('given any mask, when labeled, then the parts are those that flooding finds', () => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 24 }),
      height: fc.integer({ min: 1, max: 24 }),
    });
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.constantFrom(0, 0, 80, 255)), ({ width, height }, values) => {
        const data = Uint8Array.from({ length: width * height }, () => values.next().value as number);
        const { parts, labels } = maskParts({ data, width, height }, 64);
        const cells = parts.map((_, part) => [...labels.keys()].filter((cell) => labels[cell] === part));
        expect(cells).toEqual(flooded({ data, width, height }, 64));
        for (const [part, { mass, peak, box }] of parts.entries()) {
          const values = cells[part]!.map((cell) => data[cell]!);
          expect([mass, peak]).toEqual([values.reduce((sum, value) => sum + value, 0), Math.max(...values)]);
          const [xs, ys] = [
            cells[part]!.map((cell) => cell % width),
            cells[part]!.map((cell) => Math.floor(cell / width)),
          ];
          expect([box.left, box.top]).toEqual([Math.min(...xs), Math.min(...ys)]);
          expect([box.width, box.height]).toEqual([
            Math.max(...xs) - box.left + 1,
            Math.max(...ys) - box.top + 1,
          ]);
        }
      }),
    );
  });
});
