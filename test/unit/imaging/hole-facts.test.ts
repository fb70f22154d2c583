import { holeFacts } from '#imaging/matting/hole-facts.js';

/** A mask from rows of text: `#` is drawn. */
const mask = (...rows: string[]) => ({
  data: Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 255 : 0)),
  width: rows[0]!.length,
  height: rows.length,
});

describe('holes of a drawing', () => {
  test('given an open shape, when measured, then it has no hole', () => {
    expect(holeFacts(mask('......', '.####.', '.#....', '.####.', '......'))).toEqual({
      share: 0,
      islands: 0,
    });
  });

  test('given a ring, when measured, then its inside is a hole without parts in it', () => {
    const { share, islands } = holeFacts(mask('.....', '.###.', '.#.#.', '.###.', '.....'));
    expect(share).toBeCloseTo(1 / 9);
    expect(islands).toBe(0);
  });

  test('given an outline with a dot inside, when measured, then the dot is an island', () => {
    const { share, islands } = holeFacts(mask('#####', '#...#', '#.#.#', '#...#', '#####'));
    expect(share).toBeCloseTo(8 / 25);
    expect(islands).toBeCloseTo(1 / 17);
  });

  test('given a drawing that touches the border, when measured, then background at the border is no hole', () => {
    expect(holeFacts(mask('#.#', '#.#', '###'))).toEqual({ share: 0, islands: 0 });
  });

  test('given nothing drawn, when measured, then all is 0', () => {
    expect(holeFacts(mask('...', '...'))).toEqual({ share: 0, islands: 0 });
  });
});
