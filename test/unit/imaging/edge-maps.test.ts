import type { Mask, Raster } from '#imaging/raster/raster.js';
import fc from 'fast-check';
import { prepareEdges, type EdgeOptions, type EdgeMaps } from '#imaging/matting/edge-maps.js';
import { applyMatte, MattePass } from '#imaging/matting/matte.js';

const GRID = 48;
const SCALE = 4;
const SIDE = GRID * SCALE;
const BOTH: EdgeOptions = { refine: 'edges', foreground: true };
const COLOURS: EdgeOptions = { refine: 'none', foreground: true };

type Color = readonly [number, number, number];
interface Scene {
  image: Raster;
  mask: Mask;
  guide: Uint8Array;
  alpha: Uint8Array;
}

/** One color over another, mixed by `alphaOf` (0 to 255) of each pixel; mask and guide are area means. */
function scene(front: Color, back: Color, alphaOf: (x: number, y: number) => number): Scene {
  const alpha = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => alphaOf(i % SIDE, Math.floor(i / SIDE)));
  const mix = (share: number, c: number): number => (front[c]! * share + back[c]! * (255 - share)) / 255;
  const data = Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.round(mix(alpha[i >> 2]!, i % 4)),
  );
  const cells = Array.from({ length: GRID * GRID }, (_, i) => {
    const [left, top] = [SCALE * (i % GRID), SCALE * Math.floor(i / GRID)];
    let sum = 0;
    for (let y = top; y < top + SCALE; y += 1) {
      for (let x = left; x < left + SCALE; x += 1) sum += alpha[y * SIDE + x]!;
    }
    return sum / SCALE ** 2;
  });
  const guide = Uint8Array.from(
    { length: GRID * GRID * 3 },
    (_, i) => mix(cells[Math.floor(i / 3)]!, i % 3) + 0.5,
  );
  const mask = { data: Uint8Array.from(cells, (cell) => cell + 0.5), width: GRID, height: GRID };
  return { image: { data, width: SIDE, height: SIDE }, mask, guide, alpha };
}

function cut({ image, mask, guide }: Scene, options?: EdgeOptions): Uint8Array {
  const copy = { ...image, data: Uint8Array.from(image.data) };
  const edges = options && prepareEdges(guide, mask, options);
  applyMatte(copy, mask, { edges });
  edges?.wipe();
  return copy.data;
}

const alphas = (data: Uint8Array): Uint8Array => data.filter((_, i) => i % 4 === 3);

const meanError = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

/** How far visible colors are from `front`, on average, by how much of them is visible. */
function taint(data: Uint8Array, front: Color): number {
  let [sum, weight] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!;
    if (alpha === 255) continue;
    for (let c = 0; c < 3; c += 1) sum += alpha * Math.abs(data[at + c]! - front[c]!);
    weight += 3 * alpha;
  }
  return sum / weight;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const channel = fc.integer({ min: 0, max: 255 });
const color = fc.tuple(channel, channel, channel);
const ramp = (x: number): number => Math.min(255, Math.max(0, (x - 40) * 2.3));
/** Upright hairs 2 pixels wide, 6 apart, in the middle of the image; a solid body on the left. */
const hairs = (x: number): number => (x < 48 || (x < 144 && x % 6 < 2) ? 255 : 0);
/** A slanted edge, sharp but for one pixel. */
const edge = (x: number, y: number): number => Math.min(255, Math.max(0, 255 * (96.5 + 0.3 * y - x - 20)));

describe('edge maps', () => {
  test('given one color over another with known alpha, when cut out, then hardly any background color remains', () => {
    fc.assert(
      fc.property(color, color, (front, back) => {
        const known = scene(front, back, ramp);
        const before = taint(cut(known), front);
        expect(taint(cut(known, COLOURS), front)).toBeLessThanOrEqual(0.4 * before + 1);
      }),
      { numRuns: 15 },
    );
  });

  test('given hair thinner than a cell, when refined, then most of the error of the enlarged mask is removed', () => {
    const known = scene([200, 150, 90], [20, 60, 120], hairs);
    const plain = meanError(alphas(cut(known)), known.alpha);
    expect(meanError(alphas(cut(known, BOTH)), known.alpha)).toBeLessThan(0.25 * plain);
  });

  test('given a hard edge, when refined, then it improves where colors differ, and stays unchanged elsewhere', () => {
    const clear = scene([200, 150, 90], [20, 60, 120], edge);
    const plain = meanError(alphas(cut(clear)), clear.alpha);
    expect(meanError(alphas(cut(clear, BOTH)), clear.alpha)).toBeLessThan(0.5 * plain);
    const blind = scene([80, 80, 80], [80, 80, 80], edge);
    expect(same(cut(blind, { refine: 'edges', foreground: false }), cut(blind))).toBe(true);
  });

  test('given a binary mask, when edges are prepared, then the result is the same as without', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 255), color, color, (value, front, back) => {
        const known = scene(front, back, ramp);
        known.mask.data.fill(value);
        expect(same(cut(known, BOTH), cut(known))).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  test('given pixels that were not opaque, when cut out, then their color is kept and alpha is not refined', () => {
    const known = scene([200, 150, 90], [20, 60, 120], hairs);
    known.image.data.forEach((_, i) => {
      if (i % 4 === 3) known.image.data[i] = 254;
    });
    expect(same(cut(known, BOTH), cut(known))).toBe(true);
  });

  test('given stripes of any sizes, when processed one by one, then the image is the same as in one pass', () => {
    const known = scene([200, 150, 90], [20, 60, 120], (x, y) => Math.max(hairs(x), edge(y, x)));
    const whole = cut(known, BOTH);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sizes) => {
        const copy = { ...known.image, data: Uint8Array.from(known.image.data) };
        const edges = prepareEdges(known.guide, known.mask, BOTH);
        const pass = new MattePass(copy, known.mask, { edges });
        for (let y = 0, i = 0; y < SIDE; i += 1) {
          const end = Math.min(SIDE, y + sizes[i % sizes.length]!);
          pass.rows(y, end);
          y = end;
        }
        pass.wipe();
        expect(same(copy.data, whole)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test('given a mask of a region, when applied, then the region is as if alone and everything around it is cleared', () => {
    const known = scene([200, 150, 90], [20, 60, 120], hairs);
    const alone = cut(known, BOTH);
    const place = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.nat(20));
    fc.assert(
      fc.property(place, ([left, top, right, bottom]) => {
        const [width, height] = [left + SIDE + right, top + SIDE + bottom];
        const data = new Uint8Array(width * height * 4).fill(99);
        for (let y = 0; y < SIDE; y += 1) {
          const row = known.image.data.subarray(4 * SIDE * y, 4 * SIDE * (y + 1));
          data.set(row, 4 * ((top + y) * width + left));
        }
        const edges = prepareEdges(known.guide, known.mask, BOTH);
        const region = { left, top, width: SIDE, height: SIDE };
        applyMatte({ data, width, height }, known.mask, { edges, region });
        for (let y = 0; y < SIDE; y += 1) {
          const at = 4 * ((top + y) * width + left);
          const row = data.subarray(at, at + 4 * SIDE);
          expect(row.every((value, i) => value === alone[4 * SIDE * y + i])).toBe(true);
          row.fill(0);
        }
        expect(data.every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test('given a region that exceeds the image, when a pass is created, then it throws', () => {
    const { image, mask } = scene([9, 9, 9], [0, 0, 0], ramp);
    const region = { left: 1, top: 0, width: SIDE, height: SIDE };
    expect(() => new MattePass(image, mask, { region })).toThrow(RangeError);
  });

  test('given any sizes of grid and image, when cut out, then every color and alpha stays in bounds', () => {
    const sides = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 30 })));
    fc.assert(
      fc.property(sides, fc.nat(1000), ([width, height, across, down], seed) => {
        const noise = (length: number): Uint8Array =>
          Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2_654_435_761) >>> 11) % 256);
        const mask = { data: noise(width! * height!), width: width!, height: height! };
        const image = { data: noise(across! * down! * 4), width: across!, height: down! };
        const edges = prepareEdges(noise(width! * height! * 3), mask, BOTH);
        for (const cells of [edges.refinement!, edges.colors!]) {
          expect(cells.every((value) => Number.isFinite(value))).toBe(true);
        }
        expect(edges.colors!.every((value) => value >= -0.01 && value <= 255.01)).toBe(true);
        expect(() => applyMatte(image, mask, { edges })).not.toThrow();
      }),
    );
  });

  test('given edge maps and their planes, when done, then all are wiped', () => {
    const made: Float32Array[] = [];
    const known = scene([200, 150, 90], [20, 60, 120], hairs);
    const edges: EdgeMaps = withRecordedPlanes(made, () => prepareEdges(known.guide, known.mask, BOTH));
    const kept = [edges.refinement!, edges.colors!];
    expect(made.length).toBeGreaterThan(20);
    for (const plane of made) expect(plane.every((value) => value === 0)).toBe(!kept.includes(plane));
    edges.wipe();
    for (const plane of kept) expect(plane.every((value) => value === 0)).toBe(true);
  });

  test('given an allocation failure, when edges are prepared, then earlier buffers contain no pixels', () => {
    const known = scene([200, 150, 90], [20, 60, 120], hairs);
    for (const enough of [3, 12, 20]) {
      const made: Float32Array[] = [];
      const prepare = (): EdgeMaps => prepareEdges(known.guide, known.mask, BOTH);
      expect(() => withRecordedPlanes(made, prepare, enough)).toThrow('no memory');
      for (const plane of made) expect(plane.every((value) => value === 0)).toBe(true);
    }
  });

  test('given a guide of another size, when edges are prepared, then it throws', () => {
    const { guide, mask } = scene([9, 9, 9], [0, 0, 0], ramp);
    expect(() => prepareEdges(guide.subarray(3), mask, BOTH)).toThrow(RangeError);
  });

  test('given a pass with edges, when it ends or fails, then its rows are wiped', () => {
    const known = scene([200, 150, 90], [20, 60, 120], hairs);
    const edges = prepareEdges(known.guide, known.mask, BOTH);
    const made: Float32Array[] = [];
    const cutShort = { ...known.image, data: Uint8Array.from(known.image.data) };
    withRecordedPlanes(made, () => applyMatte(cutShort, known.mask, { edges }));
    // Weights of taps and places say nothing of an image: those are the same for every image of that size.
    const shapes = new Set([GRID * 4, GRID, SIDE * 4, SIDE]);
    const rows = made.filter(({ length }) => !shapes.has(length) || length === GRID);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    for (const row of rows) expect(row.every((value) => value === 0)).toBe(true);
  });
});

/** Runs `work` and notes every plane of floats that it makes, of which no more than `enough` can be made. */
function withRecordedPlanes<T>(made: Float32Array[], work: () => T, enough = Infinity): T {
  const Original = Float32Array;
  class Recorded extends Original {
    constructor(length: number) {
      if (made.length >= enough) throw new RangeError('no memory');
      super(length);
      made.push(this);
    }
  }
  globalThis.Float32Array = Recorded as unknown as typeof Float32Array;
  try {
    return work();
  } finally {
    globalThis.Float32Array = Original;
  }
}
