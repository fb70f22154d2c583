import { dirname, join, resolve } from 'node:path';
import { Problem } from '#contracts/problem-catalog.js';
import { readCatalog } from './model-catalog.js';
import { findDamage, lengthOf } from './model-files.js';
import type { ModelEntry } from './model-manifest.js';

export { ModelError } from './model-files.js';

/** The models of `models/manifest.json` and of the operator's `models/local.json`, and the paths of their files. */
export class ModelRegistry {
  readonly models: readonly ModelEntry[];
  readonly root: string;
  private readonly modelDir: string;

  /**
   * @param root package folder, with `models/` and `node_modules/`
   * @param modelDir folder of prepared models; relative to `root` unless absolute
   * @throws ModelError when a manifest cannot be read or is invalid
   */
  constructor(root: string, modelDir: string) {
    this.root = root;
    this.modelDir = resolve(root, modelDir);
    const { shipped, local } = readCatalog(root);
    this.models = [...shipped, ...local];
  }

  /** @throws Problem `model-unknown` */
  find(name: string): ModelEntry {
    const entry = this.models.find((model) => model.name === name);
    if (entry === undefined) throw new Problem('model-unknown');
    return entry;
  }

  /** Path of the prepared file of a model, which may not exist. */
  pathOf(entry: ModelEntry): string {
    return join(this.modelDir, entry.weights?.folder ?? '', entry.file);
  }

  /** True when a file of the expected length exists. `verify` and loading also check its content. */
  async isPrepared(entry: ModelEntry): Promise<boolean> {
    const path = this.pathOf(entry);
    const files = [{ path, bytes: entry.bytes }];
    for (const { file, bytes } of entry.weights?.files ?? []) {
      files.push({ path: join(dirname(path), file), bytes });
    }
    const lengths = await Promise.all(files.map((each) => lengthOf(each.path)));
    return files.every(({ bytes }, i) => lengths[i] === bytes);
  }

  /** @throws ModelError when the file is missing, or its length or sha256 differs from the manifest's */
  async verify(entry: ModelEntry): Promise<void> {
    const damage = await findDamage(this.pathOf(entry), entry);
    if (damage !== undefined) throw damage;
  }
}
