import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { impliedClass } from '#inference/model-license.js';

interface Package {
  license?: string | { type?: string };
  licenses?: { type?: string }[];
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** License expression of a package; empty when it states none. */
function stated({ license, licenses }: Package): string {
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type }) => type ?? '').join(' OR ') ?? '';
}

/** The beginnings of the license files in a folder. */
const licenseFiles = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying)/i.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8').slice(0, 400))
    .join('\n');

/** True when no alternative of the license is free of copyleft. A license that is a file is judged by its text. */
function isCopyleft(folder: string, license: string): boolean {
  const isFile = license === '' || /^see licen[cs]e/i.test(license);
  const text = isFile && existsSync(folder) ? licenseFiles(folder) : license;
  return text
    .split(/\bOR\b/)
    .every((alternative) => ['copyleft', 'non-commercial'].includes(impliedClass(alternative)));
}

/** Folders of all packages below a `node_modules`, nested ones included. */
function packagesIn(modules: string): string[] {
  if (!existsSync(modules)) return [];
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
  const folders = names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((part) => join(name, part)) : [name],
  );
  return folders.flatMap((name) => {
    const folder = join(modules, name);
    return [
      ...(existsSync(join(folder, 'package.json')) ? [folder] : []),
      ...packagesIn(join(folder, 'node_modules')),
    ];
  });
}

test('given the lock file, when every license in it is read, then no package is under AGPL, GPL or a non-commercial license', () => {
  const { packages } = read('package-lock.json') as { packages: Record<string, Package> };
  const paths = Object.entries(packages).filter(([path]) => path !== '');
  expect(paths.length).toBeGreaterThan(500);
  const found = paths.filter(([path, about]) => isCopyleft(path, stated(about))).map(([path]) => path);
  expect(found).toEqual([]);
});

test('given the installed packages, when every license on the disk is read, then none is under AGPL, GPL or a non-commercial license', () => {
  const folders = packagesIn('node_modules');
  expect(folders.length).toBeGreaterThan(500);
  const found = folders.filter((folder) =>
    isCopyleft(folder, stated(read(join(folder, 'package.json')) as Package)),
  );
  expect(found.map((folder) => relative('node_modules', folder))).toEqual([]);
});

test('given packages whose license is stated in words, in a file, or as an alternative, when they are read, then copyleft is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'license-'));
  writeFileSync(join(folder, 'LICENSE.md'), '# GNU Affero General Public License\n\n_Version 3_\n');
  expect(isCopyleft(folder, 'SEE LICENSE IN LICENSE.md')).toBe(true);
  expect(isCopyleft(folder, '')).toBe(true);
  expect(isCopyleft(folder, 'AGPL-3.0-only')).toBe(true);
  expect(isCopyleft(folder, '(MIT OR GPL-3.0)')).toBe(false);
  rmSync(folder, { recursive: true });
});

test('given the pack of the default model, when it is looked for, then its own lock file pins it, and no dependency is it', () => {
  const { packages } = read('models/packs/isnet/package-lock.json') as { packages: Record<string, Package> };
  const pack = packages['node_modules/@imgly/background-removal-data'];
  expect(pack).toMatchObject({ version: '1.4.5', integrity: expect.stringMatching(/^sha512-/) as string });
  for (const file of ['package.json', 'package-lock.json'])
    expect(readFileSync(file, 'utf8')).not.toContain('@imgly');
});
