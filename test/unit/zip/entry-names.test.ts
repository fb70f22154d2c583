import fc from 'fast-check';
import { EntryNames } from '#zip/entry-names.js';

const named = (...ids: string[]): string[] => {
  const names = new EntryNames(['errors.json']);
  return ids.map((id) => names.take(id, 'png'));
};

describe('EntryNames', () => {
  test('given client names, when files are named, then folders stay and the extension is that of the format', () => {
    expect(named('a.jpg', 'b/c.PNG', 'd.tar', 'ছবি.jpeg')).toEqual([
      'a.png',
      'b/c.png',
      'd.tar.png',
      'ছবি.png',
    ]);
  });

  test('given names with .. or drives, when files are named, then they stay inside the target folder', () => {
    expect(named('../../etc/passwd', '/root', 'C:\\x', 'a/./b', '..', 'con. ')).toEqual([
      ...['etc/passwd.png', 'root.png', 'C_/x.png', 'a/b.png', 'image.png', 'con.png'],
    ]);
  });

  test('given equal names, when files are named, then each name is unique', () => {
    expect(named('a.jpg', 'A.png', 'a', 'errors.json')).toEqual([
      'a.png',
      'A-2.png',
      'a-3.png',
      'errors.json.png',
    ]);
  });

  test('given any names, when files are named, then they are unique, relative and short enough for file systems', () => {
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
