import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, SettingsError } from '#config/settings.js';
import { LICENSE_CLASSES } from '#contracts/model-license.js';
import { configuredModels, readCatalog } from '#inference/model-catalog.js';
import { contradicts, impliedClass } from '#inference/model-license.js';

test.each([
  ['AGPL-3.0-only', 'copyleft'],
  ['GPL-2.0-or-later', 'copyleft'],
  ['GNU Affero General Public License', 'copyleft'],
  ['CC-BY-SA-4.0', 'copyleft'],
  ['CC-BY-NC-4.0', 'non-commercial'],
  ['CC BY-NC-SA 4.0', 'non-commercial'],
  ['PolyForm-Noncommercial-1.0.0', 'non-commercial'],
  ['for research only', 'non-commercial'],
  ['LGPL-3.0-only', 'undeclared'],
  ['MIT', 'undeclared'],
  ['Apache-2.0', 'undeclared'],
  ['Incorporated terms of ACME', 'undeclared'],
])('given the license %s without a class, when it is read, then the class is %s', (text, expected) => {
  expect(impliedClass(text)).toBe(expected);
});

test('given a class that is milder than the text, when they are compared, then they contradict each other', () => {
  expect(contradicts('AGPL-3.0-only', 'permissive')).toBe(true);
  expect(contradicts('CC-BY-NC-4.0', 'copyleft')).toBe(true);
  expect(contradicts('AGPL-3.0-only', 'non-commercial')).toBe(false);
  expect(contradicts('MIT', 'non-commercial')).toBe(false);
  expect(contradicts('MIT', 'permissive-doubtful-data')).toBe(false);
});

describe('policy', () => {
  const allowed = (list: string): readonly string[] => loadSettings({ MODEL_LICENSES: list }).MODEL_LICENSES;
  const models = (names: string[], list?: string): string[] => {
    const { MODEL_LICENSES } = loadSettings(list === undefined ? {} : { MODEL_LICENSES: list });
    return configuredModels(process.cwd(), names, MODEL_LICENSES).map(({ name }) => name);
  };

  test('given no MODEL_LICENSES, when models are configured, then every license is allowed', () => {
    expect(loadSettings({}).MODEL_LICENSES).toEqual([...LICENSE_CLASSES]);
    expect(models(['isnet', 'isnet-fp32'])).toEqual(['isnet', 'isnet-fp32']);
  });

  test('given MODEL_LICENSES, when a model of another class is configured, then the message names model, class and remedy', () => {
    expect(allowed('Permissive, copyleft')).toEqual(['permissive', 'copyleft']);
    expect(models(['isnet'], 'permissive,copyleft')).toEqual(['isnet']);
    expect(() => models(['isnet-original'], 'permissive')).toThrow(
      'isnet-original may not be used: its license is copyleft (package AGPL-3.0-only, weights NOASSERTION), and ' +
        'MODEL_LICENSES allows permissive only. Set MODEL to a model that is allowed (`npm run models -- list`), or ' +
        'add copyleft to MODEL_LICENSES.',
    );
    expect(() => models(['isnet'], 'permissive,non-commercial')).toThrow(SettingsError);
  });

  test('given an unknown class, when settings are read, then the message lists the classes', () => {
    expect(() => allowed('free')).toThrow(
      'MODEL_LICENSES must be one or more of permissive, permissive-doubtful-data, copyleft, non-commercial, undeclared',
    );
  });
});

describe('catalog', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'license-'));
    mkdirSync(join(root, 'models'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const entry = (name: string, license: object, more: object = {}): object => ({
    name,
    title: name,
    file: `${name}.onnx`,
    bytes: 1,
    sha256: '0'.repeat(64),
    source: { kind: 'file' },
    provenance: 'p',
    input: { kind: 'u8-nhwc', name: 'i', sidePixels: 64 },
    output: { kind: 'u8', name: 'o', sidePixels: 64 },
    ...license,
    ...more,
  });
  const licensed = (its: string): object => ({
    license: { class: its, package: 'X', weights: 'X', source: 's' },
  });
  const write = (file: string, ...models: object[]): void =>
    writeFileSync(join(root, 'models', file), JSON.stringify({ models }));

  test('given a model that is made from another one, when the license of its source is not allowed, then it is refused', () => {
    const recipe = { kind: 'recipe', from: 'base', recipe: { kind: 'float32' } };
    write(
      'manifest.json',
      entry('base', licensed('non-commercial'), { default: true }),
      entry('derived', licensed('permissive'), { source: recipe }),
    );
    expect(() => configuredModels(root, ['derived'], ['permissive'])).toThrow(
      /^derived may not be used: the license of base, which it is made from, is non-commercial \(X\)/,
    );
    expect(configuredModels(root, ['derived'], ['permissive', 'non-commercial'])).toHaveLength(1);
  });

  test('given a manifest of an earlier version, when it is read, then its licenses have the class that their text implies', () => {
    write('manifest.json', entry('base', licensed('permissive'), { default: true }));
    const former = (text: string): object => ({ licence: { package: text, weights: text, note: 'Added' } });
    write('local.json', entry('mit', former('MIT')), entry('agpl', former('AGPL-3.0')));
    const { local } = readCatalog(root);
    expect(local.map(({ license }) => license)).toEqual([
      { class: 'undeclared', package: 'MIT', weights: 'MIT', source: 'Added' },
      { class: 'copyleft', package: 'AGPL-3.0', weights: 'AGPL-3.0', source: 'Added' },
    ]);
    expect(() => configuredModels(root, ['mit'], ['permissive'])).toThrow(
      'state its class with `npm run models -- add … --license-class CLASS`',
    );
  });
});
