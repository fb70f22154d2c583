import { join, resolve } from 'node:path';
import { Problem } from '#contracts/problem.catalogue.js';
import { LOCAL_MANIFEST, MANIFEST, parseJson, readCatalogue } from './model.catalogue.js';
import { assembleChunks } from './model.chunks.js';
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
} from './model.files.js';
import { localManifestSchema, type ModelEntry } from './model.manifest.js';
import { calibrationSchema, type Calibration } from './recipe/calibration.js';
import { prepareModel } from './recipe/recipes.js';

export { ModelError } from './model.files.js';
export type { PrepareProgress } from './model.files.js';

/** What is known of a model before its file has been looked at. */
export type NewModel = Omit<ModelEntry, 'bytes' | 'sha256' | 'source' | 'default' | 'file'>;

/** The models of `models/manifest.json` and of the operator's `models/local.json`, and their files. */
export class ModelRegistry {
  readonly models: readonly ModelEntry[];
  readonly #root: string;
  readonly #modelDir: string;
  readonly #shipped: ReadonlySet<string>;

  /**
   * @param root folder of the package, with `models/` and `node_modules/`
   * @param modelDir where prepared models are kept; relative to `root` unless absolute
   * @throws ModelError when a manifest cannot be read or is wrong
   */
  constructor(root: string, modelDir: string) {
    this.#root = root;
    this.#modelDir = resolve(root, modelDir);
    const { shipped, local } = readCatalogue(root);
    this.#shipped = new Set(shipped.map(({ name }) => name));
    this.models = [...shipped, ...local];
  }

  /** @throws Problem `model-unknown` */
  find(name: string): ModelEntry {
    const entry = this.models.find((model) => model.name === name);
    if (entry === undefined) throw new Problem('model-unknown');
    return entry;
  }

  /** Where the prepared file of a model is, or would be. */
  pathOf(entry: ModelEntry): string {
    return join(this.#modelDir, entry.file);
  }

  /** True when a file of the right length is there; `verify`, and loading it, look at its content. */
  async isPrepared(entry: ModelEntry): Promise<boolean> {
    return (await lengthOf(this.pathOf(entry))) === entry.bytes;
  }

  /** @throws ModelError when the file is missing or its length or sha256 is not the manifest's */
  async verify(entry: ModelEntry): Promise<void> {
    const damage = await damageOf(this.pathOf(entry), entry);
    if (damage !== undefined) throw damage;
  }

  /**
   * Puts a model's file into the model folder and returns its path; a file that verifies is left alone, any other
   * is replaced. The file appears at once and whole, or not at all.
   * @throws ModelError, or WireError or RecipeError when a recipe does not fit
   */
  async prepare(entry: ModelEntry, onProgress: PrepareProgress = () => undefined): Promise<string> {
    const path = this.pathOf(entry);
    const damage = await damageOf(path, entry);
    if (damage === undefined) return path;
    if (entry.source.kind === 'file') throw damage;
    const pieces =
      entry.source.kind === 'recipe'
        ? await this.#derive(entry, entry.source)
        : [await assembleChunks(entry, this.#root)];
    await writeWhole(path, pieces, entry, onProgress);
    return path;
  }

  /**
   * Takes an ONNX file into the model folder and into the operator's manifest, in place of what was added under
   * that name before. Other registries know it once they are made anew.
   * @throws ModelError when the name is one of `models/manifest.json`, or the file cannot be read
   */
  async add(file: string, described: NewModel): Promise<ModelEntry> {
    if (this.#shipped.has(described.name)) {
      throw new ModelError(`${described.name} is a model of ${MANIFEST}: choose another name`);
    }
    const local = readCatalogue(this.#root).local.filter(({ name }) => name !== described.name);
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
    const manifest = localManifestSchema.parse({ models: [...local, entry] });
    if (resolve(file) !== this.pathOf(entry)) await copyWhole(file, this.pathOf(entry));
    await writeJson(join(this.#root, LOCAL_MANIFEST), manifest);
    return entry;
  }

  /** The bytes of a model that others are made of. */
  async #original(entry: ModelEntry): Promise<Buffer> {
    const bytes =
      entry.source.kind === 'npm-chunks'
        ? await assembleChunks(entry, this.#root)
        : await readIfThere(this.pathOf(entry));
    if (bytes === undefined || sha256Of(bytes) !== entry.sha256) {
      throw new ModelError(`${entry.name}: is missing, or not the file of the manifest`);
    }
    return bytes;
  }

  async #derive(
    entry: ModelEntry,
    { from, recipe }: Extract<ModelEntry['source'], { kind: 'recipe' }>,
  ): Promise<readonly Uint8Array[]> {
    const original = this.find(from);
    const calibration = recipe.kind === 'int8' ? this.#calibration(recipe.calibration, original) : undefined;
    if (original.input.kind !== 'f32-nchw') throw new ModelError(`${entry.name}: ${from} takes no floats`);
    return prepareModel(recipe, {
      source: await this.#original(original),
      input: original.input,
      gridSidePixels: entry.output.sidePixels,
      calibration,
    });
  }

  #calibration(file: string, original: ModelEntry): Calibration {
    const calibration = parseJson(join(this.#root, 'models', file), calibrationSchema, readJson);
    if (calibration.sha256 !== original.sha256) {
      throw new ModelError(`models/${file} was recorded on another file than ${original.name}`);
    }
    return calibration;
  }
}
