import fc from 'fast-check';
import { parseColor, RecentColors } from '../../../apps/web/src/edit/color-code.js';
import { backgroundWeight, fillUnknown } from '../../../apps/web/src/pixels/background-fill.js';
import type { FrameName } from '../../../apps/web/src/pixels/edit.js';
import {
  fitted,
  gradientLine,
  mirrored,
  type Rect,
  type Subject,
} from '../../../apps/web/src/pixels/frame-geometry.js';
import { headRows, spansIn } from '../../../apps/web/src/pixels/passport-frame.js';
import { blurPlane, boxRadii } from '../../../apps/web/src/pixels/plane-blur.js';
import { canvasOf } from '../../../apps/web/src/pixels/result-canvas.js';
import { shadowPlane } from '../../../apps/web/src/pixels/subject-shadow.js';

const RATIOS: readonly (readonly [FrameName, number])[] = [
  ['1:1', 1],
  ['4:5', 4 / 5],
  ['3:4', 3 / 4],
  ['16:9', 16 / 9],
  ['9:16', 9 / 16],
];

const subjectIn = (box: Rect): Subject => ({
  box,
  spans: Array.from({ length: box.height }, () => ({ left: box.left, right: box.left + box.width })),
  rowHeight: 1,
});

/** A photo and a subject that none of its edges cuts. */
const free = fc
  .record({
    width: fc.integer({ min: 60, max: 6000 }),
    height: fc.integer({ min: 60, max: 6000 }),
    from: fc.tuple(
      fc.double({ min: 0.02, max: 0.5, noNaN: true }),
      fc.double({ min: 0.02, max: 0.5, noNaN: true }),
    ),
    share: fc.tuple(
      fc.double({ min: 0.01, max: 0.46, noNaN: true }),
      fc.double({ min: 0.01, max: 0.46, noNaN: true }),
    ),
  })
  .map(({ width, height, from, share }) => {
    const near = 2 + Math.ceil(0.003 * Math.max(width, height));
    const left = Math.max(near, Math.floor(width * from[0]));
    const top = Math.max(near, Math.floor(height * from[1]));
    const box = {
      left,
      top,
      width: Math.max(1, Math.min(Math.floor(width * share[0]), width - left - near)),
      height: Math.max(1, Math.min(Math.floor(height * share[1]), height - top - near)),
    };
    return { whole: { width, height }, box };
  });

describe('given a canvas with a ratio', () => {
  it('when the subject is free, then the ratio is exact to a pixel, the margin is kept and the subject is centered', () => {
    fc.assert(
      fc.property(
        free,
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom(...RATIOS),
        ({ whole, box }, margin, [frame, ratio]) => {
          const canvas = canvasOf({ frame, margin }, subjectIn(box), whole);
          const room = Math.ceil((margin / 100) * Math.max(box.width, box.height));
          const [left, top] = [box.left - canvas.left, box.top - canvas.top];
          const right = canvas.width - left - box.width;
          const bottom = canvas.height - top - box.height;
          expect(Math.min(left, top, right, bottom)).toBeGreaterThanOrEqual(room);
          expect(Math.abs(left - right)).toBeLessThanOrEqual(1);
          expect(Math.abs(top - bottom)).toBeLessThanOrEqual(1);
          expect(
            Math.min(
              Math.abs(canvas.width - canvas.height * ratio),
              Math.abs(canvas.height - canvas.width / ratio),
            ),
          ).toBeLessThanOrEqual(0.5);
          // No larger than needed: on one axis the margin is exact.
          expect(Math.min(left, top)).toBe(room);
        },
      ),
    );
  });

  it('when the photo cuts the subject below, then the canvas ends there, and extends above', () => {
    const subject = subjectIn({ left: 100, top: 100, width: 300, height: 400 });
    const canvas = canvasOf({ frame: '9:16', margin: 10 }, subject, { width: 600, height: 500 });
    expect(canvas.top + canvas.height).toBe(500);
    expect([canvas.width, canvas.height, canvas.top]).toEqual([380, 676, -176]);
    const box = canvasOf({ frame: 'subject', margin: 10 }, subject, { width: 600, height: 500 });
    expect(box).toEqual({ left: 60, top: 60, width: 380, height: 440 });
  });

  it('when the photo cuts the subject at both ends, then its margin yields before strips appear there', () => {
    const subject = subjectIn({ left: 0, top: 0, width: 480, height: 300 });
    const canvas = canvasOf({ frame: '16:9', margin: 20 }, subject, { width: 600, height: 300 });
    expect(canvas).toEqual({ left: 0, top: 0, width: 533, height: 300 });
  });

  it('when there is no subject, then the whole photo is on it', () => {
    const whole = { width: 400, height: 300 };
    expect(canvasOf({ frame: 'subject', margin: 10 }, undefined, whole)).toEqual({
      left: 0,
      top: 0,
      ...whole,
    });
    expect(canvasOf({ frame: '1:1', margin: 10 }, undefined, whole)).toEqual({
      left: 0,
      top: -50,
      width: 400,
      height: 400,
    });
    expect(canvasOf({ frame: 'original', margin: 10 }, undefined, whole)).toEqual({
      left: 0,
      top: 0,
      ...whole,
    });
  });

  it('when it is too large for browsers, then it is scaled down with the same ratio', () => {
    const { width, height } = fitted({ width: 9000, height: 16000 }, Infinity);
    expect(width * height).toBeLessThanOrEqual(80_100_000);
    expect(Math.abs(width - (height * 9) / 16)).toBeLessThanOrEqual(1);
    expect(fitted({ width: 40_000, height: 10 }, Infinity).width).toBe(16_383);
  });
});

describe('given a portrait', () => {
  /** Widths of a head of 80 × 112 pixels, a neck of 40 × 22, and shoulders. */
  const head = Array.from({ length: 112 }, (_, y) =>
    Math.max(y < 56 ? 0 : 40, Math.round(80 * Math.sqrt(1 - ((y - 56) / 57) ** 2))),
  );
  const widths = [
    ...head,
    ...Array<number>(22).fill(40),
    ...Array.from({ length: 150 }, (_, y) => Math.min(220, 60 + y * 8)),
  ];

  it('when a neck is visible, then the head ends above it; otherwise its height follows its width', () => {
    const rows = headRows(widths);
    expect([rows > 98, rows < 125]).toEqual([true, true]);
    expect(headRows(Array<number>(300).fill(80))).toBe(100);
    expect(headRows([30, 30])).toBe(2);
  });

  it('when it is framed for a passport, then the head has 70 to 80% of 35 × 45 mm and is centered', () => {
    const spans = widths.map((width) => ({
      left: 400 - Math.floor(width / 2),
      right: 400 + Math.ceil(width / 2),
    }));
    const box = { left: 290, top: 50, width: 220, height: widths.length };
    const canvas = canvasOf(
      { frame: 'passport', margin: 0 },
      { box, spans, rowHeight: 1 },
      { width: 800, height: 800 },
    );
    expect(Math.abs(canvas.width - (canvas.height * 35) / 45)).toBeLessThanOrEqual(0.5);
    expect(112 / canvas.height).toBeGreaterThan(0.68);
    expect(112 / canvas.height).toBeLessThanOrEqual(0.8);
    expect(Math.abs(canvas.left + canvas.width / 2 - 400)).toBeLessThanOrEqual(1);
    expect(50 - canvas.top).toBeGreaterThan(0.05 * canvas.height);
  });

  it('when its outline is read, then loose hair does not count', () => {
    const pixels = new Uint8ClampedArray(6 * 2 * 4);
    for (const [x, alpha] of [40, 200, 255, 0, 130, 90].entries()) pixels[x * 4 + 3] = alpha;
    const spans = spansIn(pixels, 6, { left: 0, top: 0, width: 6, height: 2 });
    expect(spans[0]).toEqual({ left: 1, right: 5 });
    expect(spans[1]!.right - spans[1]!.left).toBe(0);
  });
});

describe('given a gradient', () => {
  it('when its line is drawn, then it begins and ends at the corners', () => {
    const frame = { left: 10, top: 20, width: 100, height: 60 };
    const close = (angle: number, wanted: number[]): void =>
      gradientLine(frame, angle).forEach((value, at) => expect(value).toBeCloseTo(wanted[at]!, 6));
    close(180, [60, 20, 60, 80]);
    close(90, [10, 50, 110, 50]);
    close(135, [20, 10, 100, 90]);
  });

  it('when its corners are projected on the line, then they are at its ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 360 }), fc.integer({ min: 1, max: 900 }), (angle, width) => {
        const frame = { left: 0, top: 0, width, height: 300 };
        const [x0, y0, x1, y1] = gradientLine(frame, angle);
        const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
        const parts = [
          [0, 0],
          [width, 0],
          [0, 300],
          [width, 300],
        ].map(([x, y]) => ((x! - x0) * (x1 - x0) + (y! - y0) * (y1 - y0)) / length);
        expect(Math.min(...parts)).toBeCloseTo(0, 6);
        expect(Math.max(...parts)).toBeCloseTo(1, 6);
      }),
    );
  });
});

describe('given a blur', () => {
  it('when its boxes are chosen, then together they have the standard deviation', () => {
    for (const sigma of [1, 2.5, 7, 30]) {
      const variance = boxRadii(sigma).reduce((sum, radius) => sum + ((2 * radius + 1) ** 2 - 1) / 12, 0);
      expect(Math.abs(Math.sqrt(variance) - sigma)).toBeLessThan(0.35);
    }
  });

  it('when a point is blurred, then its sum stays; an even plane stays even up to its edges', () => {
    const plane = new Float32Array(61 * 41);
    plane[20 * 61 + 30] = 100;
    blurPlane(plane, { width: 61, height: 41 }, 3);
    expect(plane.reduce((sum, one) => sum + one, 0)).toBeCloseTo(100, 2);
    expect(plane[20 * 61 + 27]).toBeCloseTo(plane[20 * 61 + 33]!, 4);
    const even = new Float32Array(20 * 10).fill(7);
    blurPlane(even, { width: 20, height: 10 }, 12);
    expect(Math.max(...even.map((one) => Math.abs(one - 7)))).toBeLessThan(1e-3);
  });

  it('when it needs more of a photo, then the photo is mirrored', () => {
    expect([-1, -2, 0, 3, 4, 5, 8].map((at) => mirrored(at, 4))).toEqual([0, 1, 0, 3, 3, 2, 0]);
  });
});

describe('given a photo without its subject', () => {
  const size = { width: 40, height: 30 };
  const isSubject = (at: number): boolean => {
    const [x, y] = [at % 40, Math.floor(at / 40)];
    return x >= 12 && x < 28 && y >= 8 && y < 22;
  };

  it('when the subject is filled, then nothing of its color is left, and the rest is unchanged', () => {
    const plane = Float32Array.from({ length: 1200 }, (_, at) => (isSubject(at) ? 255 : 40 + (at % 40)));
    const before = [...plane];
    const alpha = Float32Array.from({ length: 1200 }, (_, at) => (isSubject(at) ? 1 : 0));
    const weight = backgroundWeight(alpha, size, 2);
    fillUnknown({ ...size, planes: [plane], weight });
    for (const [at, value] of plane.entries()) {
      if (weight[at] === 1) expect(value).toBe(before[at]);
      expect([value >= 39.9, value <= 79.1]).toEqual([true, true]);
    }
  });

  it('when pixels are near the subject, then they do not count', () => {
    const alpha = new Float32Array(1200);
    alpha[15 * 40 + 20] = 0.5;
    const weight = backgroundWeight(alpha, size, 2);
    expect([weight[15 * 40 + 20], weight[13 * 40 + 22], weight[15 * 40 + 23]]).toEqual([0, 0, 1]);
  });
});

describe('given a subject', () => {
  const size = { width: 130, height: 130 };
  /** A square of 100 pixels with room around it. */
  const alpha = Float32Array.from({ length: 130 * 130 }, (_, at) => {
    const [x, y] = [at % 130, Math.floor(at / 130)];
    return x >= 15 && x < 115 && y >= 15 && y < 115 ? 1 : 0;
  });
  const at = (plane: Float32Array, x: number, y: number): number => plane[y * 130 + x]!;

  it('when its shadow is soft, then it is darker below than above, and alike at both sides', () => {
    const soft = shadowPlane(alpha, size, 100, 'soft');
    expect(at(soft, 65, 117)).toBeGreaterThan(at(soft, 65, 12) * 2);
    expect(at(soft, 13, 65)).toBeCloseTo(at(soft, 116, 65), 4);
  });

  it('when its shadow drops, then it is to the lower right', () => {
    const drop = shadowPlane(alpha, size, 100, 'drop');
    expect(at(drop, 116, 116)).toBeGreaterThan(0.2);
    expect(at(drop, 13, 13)).toBeLessThan(0.02);
  });

  it('when its shadow is where it stands, then it is dark just below and pale farther off', () => {
    const contact = shadowPlane(alpha, size, 100, 'contact');
    expect(at(contact, 65, 115)).toBeGreaterThan(0.4);
    expect(at(contact, 65, 124)).toBeLessThan(0.15);
    expect(at(contact, 65, 60)).toBeLessThan(0.001);
  });

  it('when it is nearly transparent, then it casts no shadow', () => {
    const faint = alpha.map((one) => one * 0.15);
    for (const kind of ['soft', 'drop', 'contact'] as const)
      expect(Math.max(...shadowPlane(faint, size, 100, kind))).toBe(0);
  });
});

describe('given the code of a color', () => {
  it('when it has three or six digits, then it is read; anything else is not', () => {
    expect(['#1A6B4F', '1a6b4f', ' #abc '].map(parseColor)).toEqual(['#1a6b4f', '#1a6b4f', '#aabbcc']);
    expect(['', '#12', '#12345', '#1234567', 'green', '#xyzxyz'].map(parseColor)).toEqual(
      Array(6).fill(undefined),
    );
  });

  it('when colors are used again, then the newest come first, each of them once', () => {
    const recent = new RecentColors();
    for (const color of ['#1', '#2', '#1', '#3', '#4', '#5']) recent.add(color);
    expect(recent.all).toEqual(['#5', '#4', '#3', '#1']);
  });
});
