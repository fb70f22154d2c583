import { clearGround } from '#imaging/matting/flat-ground.js';

const SIDE = 128;

type Rgb = readonly [number, number, number];

/** A ring on a ground, with the mask of a model that fills it. */
function filledRing(ground: Rgb, { noise = 0, hole = ground }: { noise?: number; hole?: Rgb } = {}) {
  const guide = new Uint8Array(3 * SIDE * SIDE);
  const data = new Uint8Array(SIDE * SIDE);
  for (let at = 0; at < data.length; at += 1) {
    const far = Math.hypot((at % SIDE) - 63.5, Math.floor(at / SIDE) - 63.5);
    const color: Rgb = far > 50 ? ground : far > 30 ? [150, 40, 30] : hole;
    const grain = Math.round(noise * Math.sin(at * 12.9898));
    guide.set(
      color.map((value) => Math.min(255, Math.max(0, value + grain))),
      3 * at,
    );
    data[at] = far > 50 ? 0 : 255;
  }
  const size = { width: SIDE, height: SIDE };
  return { picture: { data: guide, ...size }, mask: { data, ...size } };
}

const middle = 64 * SIDE + 64;

describe('photographs on one color', () => {
  test('given a hole that the model fills, when the ground is cleared, then the hole is open and the ring stays', () => {
    const { picture, mask } = filledRing([70, 110, 170], { noise: 3 });
    expect(clearGround(picture.data, mask)).toBe(1);
    expect(mask.data[middle]).toBe(0);
    expect(mask.data[middle + 40]).toBe(255);
  });

  test('given an inside of another color, when the ground is cleared, then it stays', () => {
    const { picture, mask } = filledRing([70, 110, 170], { hole: [80, 120, 180] });
    expect(clearGround(picture.data, mask)).toBe(0);
    expect(mask.data[middle]).toBe(255);
  });

  test.each<Rgb>([
    [255, 255, 255],
    [250, 248, 244],
    [4, 4, 4],
  ])(
    'given a ground of %d %d %d, when the ground is cleared, then labels and shadows of this color stay',
    (...ground) => {
      const { picture, mask } = filledRing(ground);
      expect(clearGround(picture.data, mask)).toBe(0);
    },
  );

  test('given a ground with texture, when the ground is cleared, then nothing changes', () => {
    const { picture, mask } = filledRing([70, 110, 170], { noise: 30 });
    expect(clearGround(picture.data, mask)).toBe(0);
  });
});
