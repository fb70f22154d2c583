import { confidenceHints, confidenceOf, doubtsOf } from '#imaging/matting/confidence.js';
import type { Mask, RgbRaster } from '#imaging/raster/raster.js';

/** A mask with the opacity of each cell, from its place: 0 to 1 across and down. */
function drawn(opacity: (x: number, y: number) => number, side = 512): Mask {
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1)
      data[y * side + x] = Math.round(
        255 * Math.min(Math.max(opacity((x + 0.5) / side, (y + 0.5) / side), 0), 1),
      );
  return { data, width: side, height: side };
}

/** A disc whose edge is `soft` wide. */
const disc =
  (soft: number, [left, top, radius] = [0.5, 0.5, 0.25]) =>
  (x: number, y: number): number =>
    (radius - Math.hypot(x - left, y - top)) / soft + 0.5;

/** The larger of two opacities. */
const both =
  (...shapes: ((x: number, y: number) => number)[]) =>
  (x: number, y: number): number =>
    Math.max(...shapes.map((shape) => shape(x, y)));

/** A picture with one color where the mask is opaque, and another elsewhere. */
function pictureOf({ data, width, height }: Mask, subject = 200, ground = 60): RgbRaster {
  const colors = new Uint8Array(3 * width * height);
  data.forEach((value, i) => colors.fill(value > 127 ? subject : ground, 3 * i, 3 * i + 3));
  return { data: colors, width, height };
}

const confidenceOn = (mask: Mask, picture = pictureOf(mask)): number => confidenceOf(mask, picture);

describe('given the mask of a model', () => {
  it('when it is a crisp disc, then confidence is nearly 1', () => {
    expect(confidenceOn(drawn(disc(0.002)))).toBeGreaterThan(0.97);
  });

  it('when it is empty or nowhere opaque, then confidence is 0', () => {
    expect(confidenceOn(drawn(() => 0))).toBe(0);
    expect(confidenceOn(drawn(() => 0.008))).toBe(0);
    expect(confidenceOn(drawn(() => 0.4))).toBe(0);
  });

  it('when it is half opaque, then confidence is low', () => {
    expect(confidenceOn(drawn((x, y) => 0.55 * Number(disc(0.002)(x, y) > 0.5)))).toBeLessThan(0.4);
  });

  it('when its edge becomes softer, then confidence falls', () => {
    const confidences = [0.002, 0.01, 0.03, 0.06, 0.12, 0.24].map((soft) => confidenceOn(drawn(disc(soft))));
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(confidences.at(-1)).toBeLessThan(0.5);
  });

  it('when a second part becomes larger, then confidence falls', () => {
    const of = (radius: number): number =>
      confidenceOn(drawn(both(disc(0.004, [0.3, 0.5, 0.2]), disc(0.004, [0.8, 0.5, radius]))));
    const confidences = [0, 0.05, 0.1, 0.15].map(of);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(confidences[0]! - confidences[3]!).toBeGreaterThan(0.05);
  });

  it('when a thin part leaves the picture at both sides, then confidence is low; a broad one may', () => {
    const strip = (thickness: number) => (_: number, y: number) => (thickness / 2 - Math.abs(y - 0.4)) * 512;
    expect(confidenceOn(drawn(strip(0.01)))).toBeLessThan(0.5);
    expect(confidenceOn(drawn(strip(0.3)))).toBeGreaterThan(0.9);
  });

  it('when it covers the whole picture, then it separates nothing, and confidence is low', () => {
    expect(confidenceOn(drawn(() => 1))).toBe(0.5);
  });

  it('when it covers a hole with the color of the ground, then confidence is the share of the rest', () => {
    const [filled, hole] = [drawn(disc(0.002)), drawn(disc(0.002, [0.5, 0.5, 0.125]))];
    const ring = { ...filled, data: filled.data.map((value, i) => value - hole.data[i]!) };
    expect(confidenceOn(filled, pictureOf(ring))).toBeCloseTo(0.75, 1);
    expect(confidenceOn(ring, pictureOf(ring))).toBeGreaterThan(0.97);
  });

  it('when the same shape is on a finer grid, then confidence is nearly the same', () => {
    const shape = both(disc(0.03, [0.4, 0.5, 0.2]), disc(0.03, [0.8, 0.5, 0.05]));
    expect(confidenceOn(drawn(shape, 1024))).toBeCloseTo(confidenceOn(drawn(shape)), 1);
  });

  it('when it is not square, then parts and sides are found all the same', () => {
    const data = new Uint8Array(64 * 32).fill(255, 0, 64 * 4);
    const doubts = doubtsOf({ data, width: 64, height: 32 })!;
    expect(doubts.spread).toBe(0);
    expect(doubts.scattered).toBe(0);
    expect(doubts.strips).toBe(0);
  });
});

test('given a confidence, when it is below 0.8, then there is a hint', () => {
  expect(confidenceHints(0.79)).toEqual(['low-confidence']);
  expect(confidenceHints(0.8)).toEqual([]);
});
