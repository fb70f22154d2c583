import { SubjectSelection } from '#imaging/matting/subject-selection.js';
import type { Mask } from '#imaging/raster/raster.js';
import { disc, drawnMask } from '../../harness/drawn-masks.js';

const GRID = 128;
const WHOLE = { left: 0, top: 0, width: GRID, height: GRID };

/** A subject at the left, one at the right, and a scrap between them. */
const first = (): Mask => drawnMask(GRID, GRID, disc(24, 64, 20), disc(108, 64, 16), disc(66, 20, 2));
const opaque = (): Mask => ({ data: new Uint8Array(GRID * GRID).fill(255), width: GRID, height: GRID });
const at = ({ data }: Mask, x: number, y: number): number => data[y * GRID + x]!;

describe('selected subjects in the mask of a part', () => {
  const selectionOf = (subject: string): SubjectSelection =>
    new SubjectSelection(first(), { image: WHOLE, region: undefined }, { subject, keepScraps: false });

  test('given all subjects, when a part is seen again, then nothing of it is removed, not even around scraps', () => {
    const seen = opaque();
    selectionOf('all').applyToPart(seen, WHOLE, WHOLE);
    expect(seen.data.every((opacity) => opacity === 255)).toBe(true);
    const mask = first();
    selectionOf('all').applyTo(mask);
    expect([at(mask, 66, 20), at(mask, 24, 64)]).toEqual([0, 255]);
  });

  test('given one subject, when a part is seen again, then only the other subject is removed', () => {
    const seen = opaque();
    selectionOf('1').applyToPart(seen, WHOLE, WHOLE);
    expect([at(seen, 24, 64), at(seen, 66, 20), at(seen, 108, 64)]).toEqual([255, 255, 0]);
  });
});
