import { isWide, partsOf } from '#imaging/matting/wide-format.js';
import type { Rect } from '#imaging/raster/pixel-rect.js';
import type { Mask } from '#imaging/raster/raster.js';

const SIDE = 100;

/** A mask with opaque rectangles of cells. */
function maskOf(...boxes: number[][]): Mask {
  const data = new Uint8Array(SIDE * SIDE);
  for (const [left, top, width, height] of boxes) {
    for (let y = top!; y < top! + height!; y += 1)
      data.fill(255, y * SIDE + left!, y * SIDE + left! + width!);
  }
  return { data, width: SIDE, height: SIDE };
}

const cropsOf = (...given: Parameters<typeof partsOf>): Rect[] => partsOf(...given).map(({ crop }) => crop);
const PANORAMA = { left: 0, top: 0, width: 3000, height: 300 };

describe('wide formats', () => {
  test.each([
    [3000, 300, true],
    [300, 3000, true],
    [1600, 900, false],
    [900, 1600, false],
    [2000, 1000, false],
  ])('given a picture of %d × %d, when asked, then wide is %s', (width, height, expected) => {
    expect(isWide({ width, height })).toBe(expected);
  });

  test('given parts far apart, when cropped, then each has a crop of its own, the largest first', () => {
    const crops = cropsOf(maskOf([5, 20, 4, 40], [80, 20, 5, 60]), PANORAMA);
    expect(crops).toHaveLength(2);
    expect(crops[0]).toEqual({ left: 2328, top: 0, width: 294, height: 300 });
    expect(crops[1]!.left + crops[1]!.width).toBeLessThan(400);
  });

  test('given a scrap, when cropped, then it has no crop', () => {
    expect(cropsOf(maskOf([5, 20, 1, 1], [80, 20, 5, 60]), PANORAMA)).toHaveLength(1);
  });

  test('given parts beside each other, when cropped, then they share a crop', () => {
    expect(cropsOf(maskOf([50, 20, 4, 60], [56, 20, 4, 60]), PANORAMA)).toHaveLength(1);
  });

  test('given parts that share a crop, when asked, then their box contains both', () => {
    const [place] = partsOf(maskOf([50, 20, 4, 60], [56, 20, 4, 60]), PANORAMA);
    expect(place!.box).toEqual({ left: 50, top: 20, width: 10, height: 60 });
  });

  test('given parts in a row, when cropped, then joint crops stay short', () => {
    const row = Array.from({ length: 9 }, (_, i) => [10 * i, 10, 7, 80]);
    const crops = cropsOf(maskOf(...row), PANORAMA);
    expect(crops.length).toBeLessThanOrEqual(4);
    expect(Math.max(...crops.map(({ width }) => width))).toBeLessThanOrEqual(900);
  });

  test('given a wide picture without a part, when cropped, then tiles cover it', () => {
    const tiles = cropsOf(maskOf(), PANORAMA);
    expect(tiles[0]!.left).toBe(0);
    expect(tiles.at(-1)!.left + tiles.at(-1)!.width).toBe(3000);
    tiles.slice(1).forEach((tile, i) => {
      expect(tile.left).toBeLessThan(tiles[i]!.left + tiles[i]!.width);
    });
  });

  test('given another picture without a part, when cropped, then there is no crop', () => {
    expect(cropsOf(maskOf(), { left: 0, top: 0, width: 400, height: 300 })).toEqual([]);
  });
});
