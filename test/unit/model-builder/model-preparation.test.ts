import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from '#inference/model-registry.js';
import { PACK_STAMP, packDigest, packFolder } from '#model-builder/model-pack.js';
import { prepareModel } from '#model-builder/model-preparation.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const PIECES = [Buffer.from('first piece, '), Buffer.from('second piece')];
const WHOLE = Buffer.concat(PIECES);

/** Where the npm package of the tests is installed. */
const STORE = join(packFolder('some'), 'node_modules/@some/models');

/** A package folder with a manifest of two models, and an installed pack that holds the first one in chunks. */
async function packageFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'registry-'));
  const store = join(root, STORE);
  const lock = join(root, 'models/packs/some');
  for (const folder of [join(store, 'dist'), lock]) await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) await writeFile(join(lock, name), '{}');
  await writeFile(join(root, packFolder('some'), PACK_STAMP), await packDigest(root, 'some'));
  await writeFile(join(store, 'package.json'), JSON.stringify({ version: '1.2.3' }));
  const index = { '/m': { chunks: PIECES.map((piece) => ({ hash: sha256(piece) })) } };
  await writeFile(join(store, 'dist/list.json'), JSON.stringify(index));
  for (const piece of PIECES) await writeFile(join(store, 'dist', sha256(piece)), piece);
  const common = {
    title: 'T',
    bytes: WHOLE.length,
    sha256: sha256(WHOLE),
    license: { class: 'permissive', package: 'a', weights: 'b', source: 'c' },
    provenance: 'p',
    input: { kind: 'f32-nchw', name: 'i', sidePixels: 64, mean: [0, 0, 0], std: [1, 1, 1] },
    output: { kind: 'f32', name: 'o', sidePixels: 64, activation: 'none' },
  };
  const source = {
    kind: 'npm-chunks',
    pack: 'some',
    package: '@some/models',
    version: '1.2.3',
    index: 'dist/list.json',
    key: '/m',
  };
  const models = [
    { ...common, name: 'packed', default: true, file: 'packed.onnx', source },
    { ...common, name: 'own', file: 'own.onnx', source: { kind: 'file' } },
  ];
  await writeFile(join(root, 'models/manifest.json'), JSON.stringify({ models }));
  return root;
}

describe('model registry', () => {
  let root: string;
  beforeEach(async () => {
    root = await packageFolder();
  });
  afterEach(() => rm(root, { recursive: true }));

  test('given an unknown name, when looked up, then it is the problem model-unknown', () => {
    expect(() => new ModelRegistry(root, 'out').find('nope')).toThrow('model-unknown');
  });

  test('given chunks in a package, when prepared twice, then the file is complete, the only one, and written once', async () => {
    const registry = new ModelRegistry(root, 'out');
    const entry = registry.find('packed');
    expect(await registry.isPrepared(entry)).toBe(false);
    const seen: number[] = [];
    const path = await prepareModel(registry, entry, (done, total) => seen.push(done / total));
    expect(await readFile(path)).toEqual(WHOLE);
    expect(seen.at(-1)).toBe(1);
    const { mtimeMs } = await stat(path);
    await prepareModel(registry, entry);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
    expect(await readdir(join(root, 'out'))).toEqual(['packed.onnx']);
    await expect(registry.verify(entry)).resolves.toBeUndefined();
  });

  test('given a file changed in place, when verified, then it fails, and when prepared, it is repaired', async () => {
    const registry = new ModelRegistry(root, 'out');
    const entry = registry.find('packed');
    const path = await prepareModel(registry, entry);
    await writeFile(path, Buffer.alloc(WHOLE.length));
    await expect(registry.verify(entry)).rejects.toThrow('sha256');
    await prepareModel(registry, entry);
    await expect(registry.verify(entry)).resolves.toBeUndefined();
  });

  test('given a file of another length, as after an upgrade, when prepared, then it is replaced', async () => {
    const registry = new ModelRegistry(root, 'out');
    const entry = registry.find('packed');
    await mkdir(join(root, 'out'));
    await writeFile(registry.pathOf(entry), 'what the name meant before');
    expect(await registry.isPrepared(entry)).toBe(false);
    expect(await readFile(await prepareModel(registry, entry))).toEqual(WHOLE);
  });

  test('given a product with an unexpected sha256, when prepared, then nothing is written', async () => {
    const path = join(root, 'models/manifest.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll(sha256(WHOLE), sha256(Buffer.from('other'))));
    const registry = new ModelRegistry(root, 'out');
    await expect(prepareModel(registry, registry.find('packed'))).rejects.toThrow(`sha256 ${sha256(WHOLE)}`);
    await expect(readdir(join(root, 'out'))).rejects.toThrow('ENOENT');
  });

  test('given a damaged chunk, when prepared, then it fails and leaves nothing behind', async () => {
    await writeFile(join(root, STORE, 'dist', sha256(PIECES[1]!)), 'something else');
    const registry = new ModelRegistry(root, 'out');
    await expect(prepareModel(registry, registry.find('packed'))).rejects.toThrow('damaged');
    await expect(readdir(join(root, 'out'))).rejects.toThrow('ENOENT');
  });

  test('given another version of the package, or none, when prepared, then the message says what to do', async () => {
    const registry = new ModelRegistry(root, 'out');
    await writeFile(join(root, STORE, 'package.json'), JSON.stringify({ version: '2.0.0' }));
    await expect(prepareModel(registry, registry.find('packed'))).rejects.toThrow('1.2.3 exactly');
    await rm(join(root, STORE), { recursive: true });
    await expect(prepareModel(registry, registry.find('packed'))).rejects.toThrow('incomplete: remove');
  });

  test("given an operator's own file, when prepared, then it is verified and never made", async () => {
    const registry = new ModelRegistry(root, 'out');
    const entry = registry.find('own');
    await expect(prepareModel(registry, entry)).rejects.toThrow('missing');
    await mkdir(join(root, 'out'));
    await writeFile(registry.pathOf(entry), WHOLE);
    await expect(prepareModel(registry, entry)).resolves.toBe(registry.pathOf(entry));
  });

  test('given an invalid manifest, when read, then it fails', async () => {
    await writeFile(join(root, 'models/manifest.json'), '{"models": [{"name": "../x"}]}');
    expect(() => new ModelRegistry(root, 'out')).toThrow('manifest.json is invalid');
  });

  test("given an operator's manifest that takes a name again, when read, then it is refused", async () => {
    const { models } = JSON.parse(await readFile(join(root, 'models/manifest.json'), 'utf8')) as {
      models: object[];
    };
    await writeFile(join(root, 'models/local.json'), JSON.stringify({ models: [models[1]] }));
    expect(() => new ModelRegistry(root, 'out')).toThrow('already in use');
  });

  test('given the manifest of this repository, when read, then isnet is the default and variants have sources', () => {
    const { models } = new ModelRegistry(process.cwd(), '.cache/models');
    expect(models.find((model) => model.default)?.name).toBe('isnet');
    const names = models.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['isnet', 'isnet-vnni', 'isnet-fp32', 'isnet-fp16', 'isnet-original']),
    );
    for (const { source, license } of models) {
      if (source.kind !== 'recipe') continue;
      expect(license).toEqual(models.find(({ name }) => name === source.from)?.license);
    }
  });
});
