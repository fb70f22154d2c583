import { readFileSync } from 'node:fs';
import type { ModelEntry } from '#inference/model-manifest.js';
import { ModelRegistry } from '#inference/model-registry.js';

/** Where the tests' set-up puts models. */
export const MODEL_DIR = '.cache/models';

const PREPARED = JSON.parse(readFileSync('test/harness/prepared-models.json', 'utf8')) as string[];

/**
 * A model that the set-up of `npm test` has prepared with the built program.
 * @param modelDir where it is looked for, relative to the repository
 * @returns its entry in the manifest and the path of its file
 * @throws Error that says what to do, when the set-up does not prepare this model or has not run
 */
export async function preparedModel(
  name: string,
  modelDir = MODEL_DIR,
): Promise<{ entry: ModelEntry; path: string }> {
  if (!PREPARED.includes(name)) {
    throw new Error(
      `The set-up prepares no model ${name} for tests: add it to test/harness/prepared-models.json`,
    );
  }
  const registry = new ModelRegistry(process.cwd(), modelDir);
  const entry = registry.find(name);
  if (!(await registry.isPrepared(entry))) {
    throw new Error(`${name} is not prepared in ${modelDir}: run \`npm run setup\``);
  }
  return { entry, path: registry.pathOf(entry) };
}
