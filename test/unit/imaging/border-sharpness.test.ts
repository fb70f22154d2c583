import { borderSharpness, isBlurred } from '#imaging/matting/border-sharpness.js';
import type { Mask, Raster } from '#imaging/raster/raster.js';

const SIDE = 240;
const WHOLE = { left: 0, top: 0, width: SIDE, height: SIDE };

/** A dark left half and a bright right half, with a transition of some pixels in between. */
function halves(transition: number, dark = 40, bright = 200): Raster {
  const data = new Uint8Array(4 * SIDE * SIDE).fill(255);
  for (let at = 0; at < SIDE * SIDE; at += 1) {
    const share = ((at % SIDE) + 0.5 - SIDE / 2) / transition + 0.5;
    data.fill(Math.round(dark + (bright - dark) * Math.min(1, Math.max(0, share))), 4 * at, 4 * at + 3);
  }
  return { data, width: SIDE, height: SIDE };
}

/** The right half, on a coarser grid. */
const mask = (): Mask => {
  const side = SIDE / 2;
  const data = Uint8Array.from({ length: side * side }, (_, at) => (at % side >= side / 2 ? 255 : 0));
  return { data, width: side, height: side };
};

const view = (image: Raster): Parameters<typeof borderSharpness>[1] => ({
  image,
  region: WHOLE,
  part: WHOLE,
});

describe('sharpness of a border', () => {
  test('given a hard edge, when measured, then it is 1, and it is not blurred', () => {
    expect(borderSharpness(mask(), view(halves(0.1)))).toBe(1);
    expect(isBlurred(mask(), view(halves(0.1)))).toBe(false);
  });

  test('given a transition of eight pixels, when measured, then it is an eighth, and it is blurred', () => {
    expect(borderSharpness(mask(), view(halves(8)))).toBeCloseTo(1 / 8, 1);
    expect(isBlurred(mask(), view(halves(8)))).toBe(true);
  });

  test('given no contrast, or no border in the part, when measured, then nothing is blurred', () => {
    expect(isBlurred(mask(), view(halves(8, 100, 110)))).toBe(false);
    expect(isBlurred(mask(), { ...view(halves(8)), part: { ...WHOLE, width: 50 } })).toBe(false);
  });
});
