import { join, resolve } from 'node:path';
import { LOCAL_MANIFEST, MANIFEST, parseJson, readCatalog } from '#inference/model-catalog.js';
import {
  copyWhole,
  damageOf,
  lengthOf,
  ModelError,
  readIfThere,
  readJson,
  sha256Of,
  sha256OfFile,
  writeJson,
  writeWhole,
  type PrepareProgress,
} from '#inference/model-files.js';
import { localManifestSchema, type ModelEntry } from '#inference/model-manifest.js';
import type { ModelRegistry } from '#inference/model-registry.js';
import { assembleChunks } from './model-chunks.js';
import { calibrationSchema, type Calibration } from './recipe/calibration.js';
import { applyRecipe } from './recipe/recipes.js';

export type { PrepareProgress } from '#inference/model-files.js';

/** Facts of a model that its file does not hold. */
export type NewModel = Omit<ModelEntry, 'bytes' | 'sha256' | 'source' | 'default' | 'file'>;

type RecipeSource = Extract<ModelEntry['source'], { kind: 'recipe' }>;

/**
 * Writes the file of a model into the model folder and returns its path. A file that verifies is left alone, any other is
 * replaced. The file appears whole or not at all.
 * @throws ModelError, or WireError or RecipeError when a recipe does not fit
 */
export async function prepareModel(
  registry: ModelRegistry,
  entry: ModelEntry,
  onProgress: PrepareProgress = () => undefined,
): Promise<string> {
  const path = registry.pathOf(entry);
  const damage = await damageOf(path, entry);
  if (damage === undefined) return path;
  if (entry.source.kind === 'file') throw damage;
  const pieces =
    entry.source.kind === 'recipe'
      ? await derive(registry, entry, entry.source)
      : [await assembleChunks(entry, registry.root)];
  await writeWhole(path, pieces, entry, onProgress);
  return path;
}

/**
 * Copies an ONNX file into the model folder and writes it into the operator's manifest, in place of a model of that name
 * that was added before. Other registries have to be made anew to know it.
 * @throws ModelError when the name is one of `models/manifest.json`, or the file cannot be read
 */
export async function registerModel(
  registry: ModelRegistry,
  file: string,
  described: NewModel,
): Promise<ModelEntry> {
  const { shipped, local } = readCatalog(registry.root);
  if (shipped.some(({ name }) => name === described.name)) {
    throw new ModelError(`${described.name} is a model of ${MANIFEST}: choose another name`);
  }
  const bytes = await lengthOf(file);
  if (bytes === undefined) throw new ModelError(`${file} cannot be read`);
  const entry: ModelEntry = {
    ...described,
    default: false,
    file: `${described.name}.onnx`,
    bytes,
    sha256: await sha256OfFile(file),
    source: { kind: 'file' },
  };
  const others = local.filter(({ name }) => name !== described.name);
  const manifest = localManifestSchema.parse({ models: [...others, entry] });
  if (resolve(file) !== registry.pathOf(entry)) await copyWhole(file, registry.pathOf(entry));
  await writeJson(join(registry.root, LOCAL_MANIFEST), manifest);
  return entry;
}

/** The product of a recipe, in pieces. */
async function derive(
  registry: ModelRegistry,
  entry: ModelEntry,
  { from, recipe }: RecipeSource,
): Promise<readonly Uint8Array[]> {
  const original = registry.find(from);
  const calibration =
    recipe.kind === 'int8' ? readCalibration(registry.root, recipe.calibration, original) : undefined;
  if (original.input.kind !== 'f32-nchw') throw new ModelError(`${entry.name}: ${from} takes no floats`);
  return applyRecipe(recipe, {
    source: await readOriginal(registry, original),
    input: original.input,
    gridSidePixels: entry.output.sidePixels,
    calibration,
  });
}

/** The bytes of a model that others are made of. */
async function readOriginal(registry: ModelRegistry, entry: ModelEntry): Promise<Buffer> {
  const bytes =
    entry.source.kind === 'npm-chunks'
      ? await assembleChunks(entry, registry.root)
      : await readIfThere(registry.pathOf(entry));
  if (bytes === undefined || sha256Of(bytes) !== entry.sha256) {
    throw new ModelError(`${entry.name}: is missing, or not the file of the manifest`);
  }
  return bytes;
}

function readCalibration(root: string, file: string, original: ModelEntry): Calibration {
  const calibration = parseJson(join(root, 'models', file), calibrationSchema, readJson);
  if (calibration.sha256 !== original.sha256) {
    throw new ModelError(`models/${file} was recorded on another file than ${original.name}`);
  }
  return calibration;
}
