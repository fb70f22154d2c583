import fc from 'fast-check';
import { visibleBox } from '#imaging/matting/visible-box.js';
import { rectOf } from '#imaging/raster/pixel-rect.js';

const WIDTH = 9;
const HEIGHT = 7;

test('given any pixels, when a part is searched, then the box is the smallest one around its visible pixels', () => {
  const alphas = fc.array(fc.constantFrom(0, 0, 0, 12, 13, 255), { minLength: 63, maxLength: 63 });
  const side = (length: number): fc.Arbitrary<[number, number]> =>
    fc.tuple(fc.nat(length), fc.nat(length)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(
    fc.property(alphas, side(WIDTH), side(HEIGHT), (values, [left, right], [top, bottom]) => {
      const data = Uint8Array.from(values.flatMap((alpha) => [1, 2, 3, alpha]));
      const found = values.flatMap((alpha, i) => {
        const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
        const isInside = x >= left && x < right && y >= top && y < bottom;
        return alpha >= 13 && isInside ? [[x, y] as const] : [];
      });
      const [xs, ys] = [found.map(([x]) => x), found.map(([, y]) => y)];
      const box = rectOf(Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1);
      expect(visibleBox({ data, width: WIDTH, height: HEIGHT }, rectOf(left, top, right, bottom))).toEqual(
        found.length > 0 ? box : undefined,
      );
    }),
  );
});
