import fc from 'fast-check';
import { Subjects } from '#imaging/matting/subjects.js';
import type { Mask } from '#imaging/raster/raster.js';
import { block, disc, drawnMask, faint, massOf, ring, type Opacity } from '../../harness/drawn-masks.js';

const SIDE = 128;
const square = (...shapes: Opacity[]): Mask => drawnMask(SIDE, SIDE, ...shapes);
const copyOf = (mask: Mask): Mask => ({ ...mask, data: Uint8Array.from(mask.data) });
const allOf = ({ count }: Subjects): number[] => Array.from({ length: count }, (_, index) => index);

/** The mask with only these subjects. */
function kept(mask: Mask, subjects: Subjects, indexes = allOf(subjects)): Mask {
  const copy = copyOf(mask);
  subjects.clearOthers(copy, indexes);
  return copy;
}

describe('subjects of a mask', () => {
  test('given two discs, when counted, then they are two subjects, the larger one first', () => {
    const mask = square(disc(30, 60, 12), disc(90, 60, 24));
    const subjects = new Subjects(mask, mask);
    const [first, second] = subjects.measure(mask, allOf(subjects));
    expect(subjects.count).toBe(2);
    expect(first).toEqual({
      box: { left: 66, top: 36, width: 49, height: 49 },
      share: expect.closeTo(0.8, 2) as number,
    });
    expect(second?.box).toEqual({ left: 18, top: 48, width: 25, height: 25 });
  });

  test('given two discs, when one is kept, then the other is gone and its own cells are unchanged', () => {
    const [small, large] = [disc(30, 60, 12), disc(90, 60, 24)];
    const mask = square(small, large);
    const subjects = new Subjects(mask, mask);
    expect(kept(mask, subjects, [0]).data).toEqual(square(large).data);
    expect(kept(mask, subjects, [1]).data).toEqual(square(small).data);
  });

  test.each<[string, Opacity[], number]>([
    ['two shapes that touch', [disc(40, 60, 20), disc(80, 60, 20)], 1],
    ['two shapes that touch at a corner', [block(20, 20, 60, 60), block(60, 60, 100, 100)], 1],
    [
      'two shapes joined by a thin bridge',
      [disc(30, 60, 20), disc(95, 60, 20), faint(block(30, 60, 95, 61), 0.4)],
      1,
    ],
    [
      'two shapes joined by haze only',
      [disc(30, 60, 20), disc(95, 60, 20), faint(block(30, 50, 95, 70), 0.15)],
      2,
    ],
    ['a ring around a dot', [ring(64, 64, 50), disc(64, 64, 14)], 2],
    ['a ring around a small dot', [ring(64, 64, 50), disc(64, 64, 4)], 1],
    ['three shapes', [disc(20, 20, 15), disc(100, 30, 20), disc(60, 100, 18)], 3],
    ['a shape with a scrap in a corner', [disc(80, 80, 40), block(4, 4, 8, 8)], 1],
    ['nothing', [], 0],
    ['haze', [faint(block(10, 10, 120, 120), 0.4)], 0],
    ['a speck', [block(10, 10, 11, 11)], 0],
  ])('given %s, when counted, then subjects are areas of their own', (_, shapes, count) => {
    const mask = square(...shapes);
    expect(new Subjects(mask, mask).count).toBe(count);
  });

  test('given hair strands and drops beside a subject, when it is kept, then they stay', () => {
    const strands = [0, 1, 2, 3].map((i) => faint(block(44 + 12 * i, 20 - 2 * i, 45 + 12 * i, 36), 0.5));
    const drops = [0, 1, 2, 3].map((i) => disc(103 + 5 * i, 64, 1));
    const mask = square(disc(64, 70, 35), ...strands, ...drops);
    const subjects = new Subjects(mask, mask);
    expect(subjects.count).toBe(1);
    expect(kept(mask, subjects).data).toEqual(mask.data);
  });

  test('given a scrap, when subjects are kept, then it is removed unless scraps are subjects', () => {
    const [shape, scrap] = [disc(80, 80, 40), block(4, 4, 8, 8)];
    const mask = square(shape, scrap);
    expect(kept(mask, new Subjects(mask, mask)).data).toEqual(square(shape).data);
    const all = new Subjects(mask, mask, { keepScraps: true });
    expect(all.count).toBe(2);
    expect(kept(mask, all).data).toEqual(mask.data);
  });

  test('given subjects of similar size, when counted, then none of them is a scrap', () => {
    const dots = Array.from({ length: 30 }, (_, i) =>
      disc(10 + 20 * (i % 6), 14 + 24 * Math.floor(i / 6), 3),
    );
    const mask = square(...dots);
    expect(new Subjects(mask, mask).count).toBe(30);
  });

  test('given a large subject and letters of falling size, when counted, then none of them is a scrap', () => {
    const letters = [20, 18, 14, 10, 7].map((height, i) => block(80 + 9 * i, 8, 83 + 9 * i, 8 + height));
    const mask = square(block(0, 40, 60, 128), ...letters);
    expect(new Subjects(mask, mask).count).toBe(1);
    const larger = square(block(0, 40, 60, 128), block(70, 60, 76, 80), ...letters);
    expect(new Subjects(larger, larger).count).toBe(7);
  });

  test('given many small loose parts that are much together, when counted, then none of them is a scrap', () => {
    const drops = Array.from({ length: 40 }, (_, i) =>
      block(64 + 6 * (i % 10), 4 + 6 * Math.floor(i / 10), 67 + 6 * (i % 10), 7 + 6 * Math.floor(i / 10)),
    );
    const few = square(block(0, 60, 50, 128), ...drops.slice(0, 8));
    expect(new Subjects(few, few).count).toBe(1);
    const many = square(block(0, 60, 50, 128), ...drops);
    expect(new Subjects(many, many).count).toBe(41);
  });

  test('given soft edges that meet, when one subject is kept, then they are split by distance', () => {
    const mask = square(block(20, 40, 40, 80), block(60, 40, 80, 80), faint(block(40, 40, 60, 80), 0.2));
    const { data } = kept(mask, new Subjects(mask, mask), [0]);
    const row = [...data.subarray(60 * SIDE, 61 * SIDE)];
    expect(row.slice(20, 40)).toEqual(Array.from({ length: 20 }, () => 255));
    expect(row.slice(40, 49)).toEqual(Array.from({ length: 9 }, () => 51));
    expect(row.slice(51)).toEqual(Array.from({ length: SIDE - 51 }, () => 0));
  });

  test('given the mask of a part on a finer grid, when others are cleared, then those in the part are gone', () => {
    const mask = square(disc(30, 60, 12), disc(90, 60, 24));
    const subjects = new Subjects(mask, mask);
    // The part from 16 to 80 across and 32 to 96 down, with 4 cells for each of the mask.
    const fine = drawnMask(256, 256, disc(56, 112, 48), disc(296, 112, 96));
    subjects.clearOthers(fine, [0], { left: 0.125, top: 0.25, width: 0.5, height: 0.5 });
    expect(fine.data).toEqual(drawnMask(256, 256, disc(296, 112, 96)).data);
  });

  test('given a place, when the subject there is asked for, then the nearest one within reach is meant', () => {
    const mask = square(disc(30, 64, 10), disc(90, 64, 20));
    const subjects = new Subjects(mask, mask);
    expect(subjects.at(90 / SIDE, 64 / SIDE, 0)).toBe(0);
    expect(subjects.at(30 / SIDE, 64 / SIDE, 0)).toBe(1);
    expect(subjects.at(43 / SIDE, 64 / SIDE, 0.05)).toBe(1);
    expect(subjects.at(50 / SIDE, 64 / SIDE, 0.02)).toBeUndefined();
    expect(subjects.at(1, 1, 0.02)).toBeUndefined();
  });

  test('given a panorama on a square grid, when details are looked for, then distances are those of the picture', () => {
    const mask = square(block(20, 20, 28, 110), block(31, 60, 32, 66));
    expect(new Subjects(mask, { width: 1000, height: 1000 }).count).toBe(1);
    expect(kept(mask, new Subjects(mask, { width: 1000, height: 1000 })).data).toEqual(mask.data);
    const wide = kept(mask, new Subjects(mask, { width: 10_000, height: 1000 }));
    expect(wide.data[63 * SIDE + 31]).toBe(0);
  });

  test.each([
    [512, 512],
    [300, 80],
    [1, 400],
    [400, 1],
  ])('given a grid of %d × %d, when a half is a subject, then its box is that half', (width, height) => {
    const half = width === 1 ? block(0, 0, 1, height / 2) : block(0, 0, width / 2, height);
    const mask = drawnMask(width, height, half);
    const subjects = new Subjects(mask, mask);
    const box = width === 1 ? { width: 1, height: height / 2 } : { width: width / 2, height };
    expect(subjects.measure(mask, [0])).toEqual([{ box: { left: 0, top: 0, ...box }, share: 1 }]);
  });

  test('given any discs, when all subjects are kept twice, then shares add up and the second time changes nothing', () => {
    const place = fc.integer({ min: 0, max: 63 });
    const discs = fc.array(fc.tuple(place, place, fc.integer({ min: 1, max: 12 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(discs, (shapes) => {
        const mask = drawnMask(64, 64, ...shapes.map(([x, y, radius]) => disc(x, y, radius)));
        const subjects = new Subjects(mask, mask);
        const all = subjects.measure(mask, allOf(subjects));
        expect(all.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
        expect(all.map(({ share }) => share)).toEqual(all.map(({ share }) => share).sort((a, b) => b - a));
        const once = kept(mask, subjects);
        const again = new Subjects(once, once);
        expect(kept(once, again).data).toEqual(once.data);
        expect(again.count).toBe(subjects.count);
        // Each subject alone, put together, is the whole.
        const alone = allOf(subjects).map((index) => massOf(kept(mask, subjects, [index])));
        expect(alone.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(massOf(once), 6);
      }),
      { numRuns: 50 },
    );
  });

  test('given noise, when counted, then it ends, and wiping removes the shapes', () => {
    const mask = drawnMask(256, 256, (x, y) => ((x * 7919 + y * 104_729 + ((x * y) % 17) * 31) % 256) / 255);
    const subjects = new Subjects(mask, mask, { keepScraps: true });
    expect(subjects.count).toBeGreaterThan(0);
    subjects.wipe();
    expect(subjects.at(0.5, 0.5, 1)).toBe(subjects.at(0.1, 0.9, 1));
  });
});
