import { operatorPictures, pixelsOf, shippedPictures } from '#model-builder/calibration/pictures.js';

describe('pictures for a calibration', () => {
  test('those that ship are intact, with an origin and free terms, and none is in both sets', async () => {
    const { calibration, check, facts } = await shippedPictures(process.cwd());
    expect(calibration).toHaveLength(8);
    expect(facts.map(({ name }) => name)).toEqual(calibration.map(({ name }) => name));
    expect(facts.every(({ licence }) => ['CC0', 'public domain'].includes(licence))).toBe(true);
    expect(check.map(({ name }) => name)).toEqual([
      'grace-hopper.jpg',
      'grace-hopper.jpg, part 1',
      'grace-hopper.jpg, part 2',
      'raccoon.jpg',
    ]);
    const [whole, part] = await Promise.all(check.slice(0, 2).map((view) => pixelsOf(view, 32)));
    expect(whole).toHaveLength(3 * 32 * 32);
    expect(Buffer.compare(whole!, part!)).not.toBe(0);
  });

  test('every third picture of a folder is for the comparison', async () => {
    const { calibration, check } = await operatorPictures('test/photos');
    const all = [...calibration, ...check].map(({ name }) => name).sort();
    expect(check).toHaveLength(Math.floor(all.length / 3));
    expect(new Set(all).size).toBe(all.length);
  });

  test('a folder that does not exist is named', async () => {
    await expect(operatorPictures('no/such/folder')).rejects.toThrow(
      'no/such/folder is not a readable folder',
    );
  });
});
