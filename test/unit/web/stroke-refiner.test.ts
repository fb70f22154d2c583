import { ColorEvidence } from '../../../apps/web/src/pixels/color-evidence.js';
import type { Stroke } from '../../../apps/web/src/pixels/edit.js';
import { boxMean } from '../../../apps/web/src/pixels/guided-model.js';
import { refinePixels } from '../../../apps/web/src/pixels/refined-pixels.js';
import { cellOf, coverage, distances, linesOf, reachOf } from '../../../apps/web/src/pixels/stroke-field.js';
import {
  addEvidence,
  isConclusive,
  refineWindow,
  type RefineWindow,
} from '../../../apps/web/src/pixels/stroke-refiner.js';

const SIDE = 160;
const WHOLE = { left: 0, top: 0, width: SIDE, height: SIDE };
const HAIR = [70, 44, 30];
const WALL = [196, 204, 214];

/** True alpha: a head below, and strands of three pixels that stand out of it, six pixels apart. */
function strandAlpha(): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    if (y > 110) return 1;
    return y > 50 && x % 9 < 3 ? 1 : 0;
  });
}

/** The picture of the strands before a wall, with some texture. */
function strandPicture(alpha: Float32Array): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * alpha.length).fill(255);
  for (const [i, share] of alpha.entries()) {
    const grain = ((i * 7919) % 17) - 8;
    for (let channel = 0; channel < 3; channel++)
      rgba[4 * i + channel] = share * HAIR[channel]! + (1 - share) * WALL[channel]! + grain;
  }
  return rgba;
}

const strokeOf = (mode: Stroke['mode'], y: number, size: number): Stroke => ({
  id: 1,
  mode,
  size,
  points: [10, y, 60, y + 4, 110, y - 4, 150, y],
});

interface Painted {
  plain: Float32Array;
  refined: Float32Array;
  cutout: Uint8ClampedArray;
  isConclusive: boolean;
}

/** Paints a stroke at full size with and without refinement. */
function paint(rgba: Uint8ClampedArray, before: Float32Array, stroke: Stroke): Painted {
  const cell = cellOf(stroke, WHOLE);
  expect(cell).toBe(1);
  const distance = distances(linesOf(stroke, cell), stroke.size / 2 / cell, WHOLE);
  const window: RefineWindow = { rect: WHOLE, rgba, before, distance };
  const evidence = new ColorEvidence();
  addEvidence(evidence, window, stroke.mode);
  const cutout = Uint8ClampedArray.from(rgba, (value, at) =>
    at % 4 === 3 ? 255 * before[(at - 3) / 4]! : value,
  );
  const tile = { rect: WHOLE, pixelsPerCell: 1, photo: rgba, cutout };
  refinePixels(refineWindow(window, evidence, stroke.mode), tile, stroke.mode);
  const plain = before.map((alpha, i) => {
    const covered = coverage(distance[i]!);
    return stroke.mode === 'keep' ? alpha + (1 - alpha) * covered : alpha * (1 - covered);
  });
  const refined = before.map((_, i) => cutout[4 * i + 3]! / 255);
  return { plain, refined, cutout, isConclusive: isConclusive(evidence, [window], stroke.mode) };
}

/** Sum of absolute differences. */
const sad = (alpha: Float32Array, truth: Float32Array): number =>
  alpha.reduce((sum, value, i) => sum + Math.abs(value - truth[i]!), 0);

describe('given a rough stroke over strands of hair', () => {
  const truth = strandAlpha();
  const rgba = strandPicture(truth);

  it('when lost strands are restored, then the strands come back and the gaps between them stay empty', () => {
    const stroke = strokeOf('keep', 80, 44);
    const lost = distances(linesOf(stroke, 1), 15, WHOLE);
    const before = truth.map((alpha, i) => (lost[i]! < 1 ? 0 : alpha));
    const { plain, refined, isConclusive: hasResult } = paint(rgba, before, stroke);
    expect(hasResult).toBe(true);
    expect(sad(refined, truth)).toBeLessThan(0.25 * sad(plain, truth));
    expect(sad(refined, truth)).toBeLessThan(0.5 * sad(before, truth));
  });

  it('when a halo is erased, then the strands stay', () => {
    const stroke = strokeOf('erase', 70, 36);
    const halo = distances(linesOf(stroke, 1), 16, WHOLE);
    const before = truth.map((alpha, i) => (halo[i]! < 1 ? 1 : alpha));
    const { plain, refined } = paint(rgba, before, stroke);
    expect(sad(refined, truth)).toBeLessThan(0.5 * sad(plain, truth));
  });

  it('when strands are restored, then partly transparent pixels have the color of hair, not of the wall', () => {
    const stroke = strokeOf('keep', 80, 44);
    const before = truth.map((alpha, i) => (i < SIDE * 105 ? 0 : alpha));
    const { refined, cutout } = paint(rgba, before, stroke);
    const partly = [...refined.keys()].filter((i) => refined[i]! > 0.3 && refined[i]! < 0.9);
    expect(partly.length).toBeGreaterThan(20);
    const red = partly.reduce((sum, i) => sum + cutout[4 * i]!, 0) / partly.length;
    expect(red).toBeLessThan((HAIR[0]! + WALL[0]!) / 2);
  });

  it('when thin strands were lost before a wall, then most of the stroke is wall, and the strands are restored alone', () => {
    const thin = truth.map((alpha, i) => ((i % SIDE) % 27 < 3 ? alpha : Math.floor(i / SIDE) > 110 ? 1 : 0));
    const before = thin.map((alpha, i) => (i < SIDE * 100 ? 0 : alpha));
    const {
      plain,
      refined,
      isConclusive: hasResult,
    } = paint(strandPicture(thin), before, strokeOf('keep', 76, 40));
    expect(hasResult).toBe(true);
    expect(sad(refined, thin)).toBeLessThan(0.25 * sad(plain, thin));
  });

  it('when a pixel is beyond the border of the brush, then it stays as it is; restoring never removes, erasing never restores', () => {
    const before = truth.map((alpha, i) => (i % 3 === 0 ? 0.4 : alpha));
    for (const mode of ['keep', 'erase'] as const) {
      const stroke = strokeOf(mode, 80, 40);
      const distance = distances(linesOf(stroke, 1), 20, WHOLE);
      const { refined } = paint(rgba, before, stroke);
      const isWrong = (alpha: number, i: number): boolean => {
        const change = (alpha - Math.floor(255 * before[i]! + 0.5) / 255) * 255;
        return distance[i]! >= 1 ? Math.abs(change) > 1 : (mode === 'keep' ? change : -change) < -1;
      };
      expect([...refined].filter(isWrong)).toEqual([]);
    }
  });
});

describe('given colors that say nothing', () => {
  it('when subject and background look alike, or one of them is missing, then the stroke stays as it was painted', () => {
    const truth = strandAlpha();
    const gray = new Uint8ClampedArray(4 * truth.length).fill(120);
    const stroke = strokeOf('keep', 80, 44);
    const none = truth.map(() => 1);
    expect(paint(strandPicture(truth), none, strokeOf('keep', 80, 44)).isConclusive).toBe(false);
    const { plain, refined } = paint(gray, truth.map(() => 0).fill(1, SIDE * 125), stroke);
    expect(sad(refined, plain)).toBeLessThan(0.02 * SIDE * SIDE);
  });

  it('when the middle of a stroke has the colors of the other side, then the reader is right and colors are not', () => {
    const truth = strandAlpha();
    const rgba = strandPicture(truth);
    // The wall is restored, above all strands that are not there yet.
    expect(paint(rgba, truth, strokeOf('keep', 40, 30)).isConclusive).toBe(false);
    // Farther up there is little else to compare it with.
    const { refined } = paint(rgba, truth, strokeOf('keep', 20, 30));
    expect(refined[20 * SIDE + 130]).toBeGreaterThan(0.9);
  });
});

describe('given the path of a brush', () => {
  const stroke = { size: 20, points: [50, 50, 90, 50] };

  it('when distances are computed, then they are radii from the middle line', () => {
    const field = distances(linesOf(stroke, 1), 10, WHOLE);
    const at = (x: number, y: number): number => field[y * SIDE + x]!;
    expect(at(70, 50)).toBeCloseTo(0.07, 1);
    expect(at(70, 59)).toBeCloseTo(0.95, 1);
    expect(at(100, 50)).toBeCloseTo(1.05, 1);
    expect(at(5, 5)).toBe(2);
    expect([coverage(0.5), coverage(1), coverage(0.88)]).toEqual([1, 0, expect.closeTo(0.5, 5)]);
  });

  it('when its reach is computed, then it is within the picture; a dot has one, too', () => {
    expect(reachOf(linesOf(stroke, 1), 10, WHOLE)).toEqual({ left: 40, top: 40, width: 60, height: 20 });
    expect(reachOf(linesOf({ points: [2, 158] }, 1), 10, WHOLE)).toEqual({
      left: 0,
      top: 148,
      width: 12,
      height: 12,
    });
  });

  it('when the picture is large, then a cell has several pixels, but a brush has enough cells', () => {
    expect(cellOf({ size: 400 }, { width: 6144, height: 4000 })).toBe(6);
    expect(cellOf({ size: 48 }, { width: 6144, height: 4000 })).toBe(3);
    expect(cellOf({ size: 4 }, { width: 6144, height: 4000 })).toBe(1);
  });

  it('when a plane is averaged, then windows at its border are smaller', () => {
    const plane = Float32Array.from([1, 2, 3, 4]);
    expect([...boxMean(plane, { width: 4, height: 1 }, 1)]).toEqual([1.5, 2, 3, 3.5]);
    expect([...boxMean(plane, { width: 1, height: 4 }, 9)]).toEqual([2.5, 2.5, 2.5, 2.5]);
  });
});
