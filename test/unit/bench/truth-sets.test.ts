import { compose } from '../../../bench/truth/composition.js';
import { flatPictures } from '../../../bench/truth/graphics-set.js';
import { moved } from '../../../bench/truth/subject-effects.js';
import { plansOf } from '../../../bench/truth/truth-sets.js';

const NO_PACKAGES = 'no such folder';

describe('composites with known truth', () => {
  test('a set is the same each time, and another set differs', () => {
    const [first, again, other] = ['a', 'a', 'b'].map((set) => plansOf(set, 30, NO_PACKAGES));
    expect(first).toEqual(again);
    expect(first!.map(({ name }) => name)).not.toEqual(other!.map(({ name }) => name));
    expect(new Set(first!.map(({ seed }) => seed)).size).toBe(30);
  });

  test('sizes reach from 8 to 90 % of the height', () => {
    const shares = plansOf('sizes', 300, NO_PACKAGES).flatMap(({ subjects }) =>
      subjects.map(({ share }) => share),
    );
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.08);
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.9);
    expect(shares.filter((share) => share < 0.2).length).toBeGreaterThan(60);
    expect(shares.filter((share) => share > 0.6).length).toBeGreaterThan(50);
  });

  test('the set of wide pictures has aspect ratios from 1:12 to 12:1', () => {
    const aspects = plansOf('wide', 36, NO_PACKAGES).map(({ width, height }) => width / height);
    expect(Math.max(...aspects)).toBeCloseTo(12, 0);
    expect(1 / Math.min(...aspects)).toBeCloseTo(12, 0);
  });

  test('a plan gives the same picture and truth each time, without any package', async () => {
    const [plan] = plansOf('small', 1, NO_PACKAGES);
    const small = {
      ...plan!,
      width: 240,
      height: 180,
      subjects: [{ kind: 'solid', name: 'mug', share: 0.5 }] as const,
    };
    const [one, two] = [await compose(small, NO_PACKAGES), await compose(small, NO_PACKAGES)];
    expect(Buffer.from(one.image).equals(two.image)).toBe(true);
    expect(Buffer.from(one.alpha).equals(two.alpha)).toBe(true);
    const opaque = one.alpha.filter((value) => value === 255).length;
    expect(opaque).toBeGreaterThan(1500);
    expect(one.alpha.filter((value) => value === 0).length).toBeGreaterThan(20_000);
  });

  test('motion spreads opacity without changing its sum', () => {
    const data = new Uint8Array(20 * 20 * 4);
    for (let y = 8; y < 12; y += 1)
      for (let x = 8; x < 12; x += 1) data.set([200, 100, 50, 255], 4 * (20 * y + x));
    const blur = moved({ data, width: 20, height: 20 }, 5, 0);
    const opacity = blur.data.filter((_, i) => i % 4 === 3).reduce((sum, value) => sum + value, 0);
    expect(opacity).toBe(16 * 255);
    const edge = blur.data.findIndex((value, i) => i % 4 === 3 && value > 0);
    expect([...blur.data.subarray(edge - 3, edge + 1)]).toEqual([200, 100, 50, 51]);
  });

  test('a graphic on one color is its drawing over that color', async () => {
    for await (const { image, alpha, ground, width, height } of flatPictures('test', 1, NO_PACKAGES)) {
      expect(alpha).toHaveLength(width * height);
      expect([...image.subarray(0, 3)]).toEqual([...ground!]);
      expect(alpha[0]).toBe(0);
      expect(alpha.some((opacity) => opacity === 255)).toBe(true);
      break;
    }
  });
});
