import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AllowedFolders, isInside } from '../../../apps/cli/src/mcp-folders.js';

let root: string;
let folders: AllowedFolders;
const at = (...parts: string[]): string => join(root, ...parts);

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'removebg-folders-')));
  for (const name of ['shop', 'shop/in', 'shop-2', 'other']) mkdirSync(at(name));
  for (const name of ['shop/a.jpg', 'shop-2/b.jpg', 'other/secret.jpg']) writeFileSync(at(name), name);
  symlinkSync(at('other'), at('shop', 'away'));
  symlinkSync(at('other', 'secret.jpg'), at('shop', 'link.jpg'));
  symlinkSync(at('other', 'new.png'), at('shop', 'dangling.png'));
  symlinkSync(at('shop', 'in'), at('shop', 'within'));
  folders = await AllowedFolders.of([at('shop')]);
});
afterEach(() => rmSync(root, { recursive: true }));

describe('given one allowed folder', () => {
  it.each(['a.jpg', './in/../a.jpg'])('when %s is named, then it is found in it', async (path) => {
    await expect(folders.file('image_path', path)).resolves.toBe(at('shop', 'a.jpg'));
  });

  it.each([
    ...['..', '../other/secret.jpg', '../shop-2/b.jpg', '/etc/passwd', '../nothing.jpg'],
    ...['away/secret.jpg', 'link.jpg', 'dangling.png', 'dangling.png/x.png', 'within/../../other/secret.jpg'],
  ])(
    'when %s is named, then it is refused, whether it exists or not, for reading and writing',
    async (path) => {
      const refused = { code: 'path-not-allowed', message: expect.stringContaining(at('shop')) as string };
      await expect(folders.file('image_path', path)).rejects.toMatchObject(refused);
      await expect(folders.folder('input_folder', path)).rejects.toMatchObject(refused);
      await expect(folders.writable('output_path', path)).rejects.toMatchObject(refused);
      await expect(folders.writableFolder('output_folder', path)).rejects.toMatchObject(refused);
    },
  );

  it('when a new file is named below folders that do not exist, then it may be written', async () => {
    await expect(folders.writable('output_path', 'x/y/z.png')).resolves.toEqual({
      ...{ path: at('shop/x/y/z.png'), exists: false },
    });
    await expect(folders.writable('output_path', 'within/z.png')).resolves.toEqual({
      ...{ path: at('shop/in/z.png'), exists: false },
    });
    await expect(folders.writable('output_path', 'a.jpg')).resolves.toMatchObject({ exists: true });
    await expect(folders.writable('output_path', 'in')).rejects.toThrow('Name a file, such as');
  });

  it('when a path is of the wrong kind, empty or no path at all, then the error says so', async () => {
    await expect(folders.file('image_path', 'in')).rejects.toThrow('is a folder');
    await expect(folders.file('image_path', 'none.jpg')).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(folders.folder('input_folder', 'a.jpg')).rejects.toThrow('is not a folder');
    await expect(folders.folder('input_folder', 'a.jpg/b')).rejects.toMatchObject({ code: 'file-not-found' });
    for (const path of ['', ' ', 'a\0.jpg'])
      await expect(folders.file('image_path', path)).rejects.toThrow('"image_path" must be a path');
  });
});

describe('given lists of folders', () => {
  it('when some do not exist, are files or links, then the real folders count, each once', async () => {
    const found = await AllowedFolders.of([at('none'), at('shop/a.jpg'), at('shop/away'), at('other')]);
    expect(found.folders).toEqual([at('other')]);
  });

  it('when there is none, then nothing is allowed', async () => {
    const none = await AllowedFolders.of([]);
    await expect(none.file('image_path', at('shop/a.jpg'))).rejects.toThrow('No folder is allowed');
  });

  it('when names begin alike, then only parts of the path count', () => {
    expect(isInside('/a/b', '/a/b')).toBe(true);
    expect(isInside('/a/b', '/a/b/..c')).toBe(true);
    expect(isInside('/a/b', '/a/bc')).toBe(false);
    expect(isInside('/a/b', '/a')).toBe(false);
    expect(isInside('/', '/a')).toBe(true);
  });
});
