import fc from 'fast-check';
import { forEachRow, tilesOf, windowSize } from '#imaging/matting/grid-tiles.js';

const side = fc.integer({ min: 1, max: 90 });
/** Results depend on this many cells around them. */
const REACH = 4;

describe('grid tiles', () => {
  test('given any grid, when split into tiles, then each cell is in one, and all that it depends on is in the window', () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const seen = new Uint8Array(width * height);
        for (const tile of tilesOf({ data: new Uint8Array(width * height), width, height })) {
          const { window, inner } = tile;
          expect(window).toMatchObject(windowSize({ width, height }));
          expect(window.left).toBeGreaterThanOrEqual(0);
          expect(window.left).toBeLessThanOrEqual(Math.max(0, inner.left - REACH));
          expect(window.left + window.width).toBeLessThanOrEqual(width);
          const right = Math.min(width, inner.left + inner.width + REACH);
          expect(window.left + window.width).toBeGreaterThanOrEqual(right);
          expect(window.top).toBeLessThanOrEqual(Math.max(0, inner.top - REACH));
          const bottom = Math.min(height, inner.top + inner.height + REACH);
          expect(window.top + window.height).toBeGreaterThanOrEqual(bottom);
          expect(window.top + window.height).toBeLessThanOrEqual(height);
          forEachRow(tile, { width, height }, (inWindow, inGrid, count) => {
            const row = Math.floor(inWindow / window.width) + window.top;
            expect(row * width + (inWindow % window.width) + window.left).toBe(inGrid);
            for (let i = inGrid; i < inGrid + count; i += 1) seen[i] = seen[i]! + 1;
          });
        }
        expect(seen.every((times) => times === 1)).toBe(true);
      }),
    );
  });

  test('given one cell that differs, when split into tiles, then the tiles around it are mixed', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 255), fc.nat(89), fc.nat(89), fc.nat(255), (plain, x, y, value) => {
        const data = new Uint8Array(90 * 90).fill(plain);
        data[90 * y + x] = value;
        for (const { inner, isMixed } of tilesOf({ data, width: 90, height: 90 })) {
          const across = Math.max(inner.left - x, x - (inner.left + inner.width - 1));
          const down = Math.max(inner.top - y, y - (inner.top + inner.height - 1));
          if (value === plain) expect(isMixed).toBe(false);
          else if (Math.max(across, down) <= 6) expect(isMixed).toBe(true);
        }
      }),
    );
  });
});
