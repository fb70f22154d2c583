import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existingResult, formatFor, targetOf, type Target } from '../../../apps/cli/src/result-files.js';
import { findPhotos, rejectResultArguments } from '../../../apps/cli/src/photo-files.js';
import { RECORDS_FILE, recipeOf, ResultRecords } from '../../../apps/cli/src/result-records.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'removebg-places-'));
  for (const name of ['in', 'in/deep', 'out']) mkdirSync(at(name));
  for (const name of ['in/a.jpg', 'in/deep/b.png', 'photo.jpg']) writeFileSync(at(name), name);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('given arguments in the order of another program', () => {
  it.each([
    ['photo.jpg out.png', 'Did you mean: removebg photo.jpg --out out.png'],
    ['i photo.jpg out.png', 'Did you mean: removebg photo.jpg --out out.png'],
    ['p in out', 'Did you mean: removebg in --out out'],
    ['in out', 'Then write: removebg in --out out'],
    ['in new-folder/', 'Did you mean: removebg in --out new-folder/'],
    ['photo.jpg in', 'Then write: removebg photo.jpg --out in'],
  ])('when it is removebg %s, then the error suggests a command', async (line, text) => {
    const words = line.split(' ').map((word) => (word.length === 1 ? word : at(word)));
    const expected = text.replace(/(?<=removebg |--out )(\S+)/g, (word) => at(word));
    await expect(rejectResultArguments(words)).rejects.toThrow(expected);
  });

  it.each([['in'], ['photo.jpg in/a.jpg'], ['in/*.jpg out/*.png'], ['in out photo.jpg']])(
    'when it is removebg %s, then it is accepted',
    async (line) => {
      const words = line.split(' ').map((word) => at(word));
      await expect(rejectResultArguments(words)).resolves.toBeUndefined();
    },
  );
});

describe('given the file name of a result', () => {
  const file = (path: string): Target => ({ kind: 'file', path });

  it('when its extension names a format, then that is the format', () => {
    expect(formatFor(file('x.JPEG'), undefined)).toBe('jpg');
    expect(formatFor(file('x.webp'), 'webp')).toBe('webp');
    expect(formatFor(file('x'), 'zip')).toBe('zip');
    expect(formatFor({ kind: 'folder', path: 'x.gif' }, undefined)).toBeUndefined();
  });

  it('when its extension names no format or a different one, then it is rejected', () => {
    expect(() => formatFor(file('x.gif'), undefined)).toThrow(
      '--out cannot be a .gif file: results are .png',
    );
    expect(() => formatFor(file('x.png'), 'jpg')).toThrow('the format is jpg');
    expect(() => formatFor(file('x.png'), 'auto')).toThrow('depending on the image');
  });

  it('when it is a device, then it is not replaced', async () => {
    const found = { photos: [{ path: 'a.jpg', relativePath: 'a.jpg', changedMs: 0 }], isSingleFile: true };
    await expect(targetOf('/dev/null', found)).rejects.toThrow('is not a file');
  });
});

describe('given results of earlier runs', () => {
  const photo = { path: 'a.jpg', relativePath: 'a.jpg', changedMs: 1000 };
  const recipe = recipeOf({ crop: true });
  const existing = (records = new ResultRecords(), ask = recipe) =>
    existingResult(photo, {
      target: { kind: 'folder', path: at('out') },
      format: 'png',
      recipe: ask,
      records,
    });

  it('when options are equivalent, then the recipes are equal', () => {
    expect(recipeOf({ format: 'png', crop: true, scale: 'original' })).toBe(recipe);
    expect(recipeOf({ crop: true, start_within: 30, keep_at_most: 60 })).toBe(recipe);
    expect(recipeOf({ preset: 'amazon', format: 'png' })).not.toBe(recipeOf({ preset: 'amazon' }));
    expect(recipeOf({ crop: true, format: 'webp' })).toBe(recipeOf({ format: 'webp', crop: true }));
    const backgrounds = ['a', 'b'].map((text) => recipeOf({ crop: true }, { bg_image: Buffer.from(text) }));
    expect(new Set([...backgrounds, recipe]).size).toBe(3);
  });

  it('when a result is recorded, then its options are known until the file is edited', async () => {
    expect(await existing()).toBeUndefined();
    writeFileSync(at('out/a.png'), '12345');
    expect(await existing()).toEqual({ file: at('out/a.png'), madeWith: 'unknown' });
    await new ResultRecords().add(at('out/a.png'), { bytes: 5, recipe });
    expect(await existing()).toMatchObject({ madeWith: 'same-options' });
    expect(await existing(new ResultRecords(), recipeOf({ crop: true, bg_color: 'white' }))).toMatchObject({
      madeWith: 'other-options',
    });
    writeFileSync(at('out', RECORDS_FILE), '{"file":"b.png","by', { flag: 'a' });
    expect(await existing()).toMatchObject({ madeWith: 'same-options' });
    writeFileSync(at('out/a.png'), 'retouched');
    expect(await existing()).toMatchObject({ madeWith: 'unknown' });
    utimesSync(at('out/a.png'), 0, 0);
    expect(await existing()).toBeUndefined();
  });

  it('when photos are searched, then results of earlier runs are excluded', async () => {
    for (const name of ['in/deep/result.png', 'in/c-cutout.webp']) writeFileSync(at(name), 'result');
    await new ResultRecords().add(at('in/deep/result.png'), { bytes: 6, recipe });
    for (const words of [[at('in')], [at('in/**/*.*')]]) {
      const { photos } = await findPhotos(words, { out: undefined, records: new ResultRecords() });
      expect(photos.map(({ relativePath }) => relativePath)).toEqual(['a.jpg', 'deep/b.png']);
    }
    const named = await findPhotos([at('in/c-cutout.webp')], {
      out: undefined,
      records: new ResultRecords(),
    });
    expect(named).toMatchObject({ isSingleFile: true, photos: [{ relativePath: 'c-cutout.webp' }] });
  });
});
