import fc from 'fast-check';
import { EntryNames } from '../../../apps/api/src/batches/entry-names.js';

const named = (...ids: string[]): string[] => {
  const names = new EntryNames();
  return ids.map((id) => names.take(id, 'png'));
};

describe('EntryNames', () => {
  test('given custom ids, when files are named, then folders are kept and extensions are those of the format', () => {
    expect(named('a.jpg', 'b/c.PNG', 'd.tar', 'ছবি.jpeg')).toEqual([
      'a.png',
      'b/c.png',
      'd.tar.png',
      'ছবি.png',
    ]);
  });

  test('given custom ids that leave the folder, when files are named, then the names stay inside it', () => {
    expect(named('../../etc/passwd', '/root', 'C:\\x', 'a/./b', '..', 'con. ')).toEqual([
      ...['etc/passwd.png', 'root.png', 'C_/x.png', 'a/b.png', 'image.png', 'con.png'],
    ]);
  });

  test('given custom ids with the same name, when files are named, then all names differ', () => {
    expect(named('a.jpg', 'A.png', 'a', 'errors.json')).toEqual([
      'a.png',
      'A-2.png',
      'a-3.png',
      'errors.json.png',
    ]);
  });

  test('given any custom ids, when files are named, then names differ, are relative, and fit the limit of file systems', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200, unit: 'binary' }), { maxLength: 20 }), (ids) => {
        const names = named(...ids);
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(ids.length);
        for (const name of names) {
          expect(name).toMatch(/^[^/].*\.png$/s);
          expect(name.split('/')).not.toContain('..');
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(220);
        }
      }),
    );
  });
});
