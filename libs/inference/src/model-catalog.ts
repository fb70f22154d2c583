import { join } from 'node:path';
import { z } from 'zod';
import { SettingsError } from '#config/settings.js';
import { ModelError, readJson, readJsonIfThere } from './model-files.js';
import { localManifestSchema, manifestSchema, type ModelEntry } from './model-manifest.js';

export { ModelError } from './model-files.js';
export type { ModelEntry } from './model-manifest.js';

/** List of the models that ship, relative to the package's folder. */
export const MANIFEST = 'models/manifest.json';

/** List of the models that the operator added. */
export const LOCAL_MANIFEST = 'models/local.json';

/** What is known of models without touching their files. */
export interface Catalog {
  shipped: ModelEntry[];
  local: ModelEntry[];
}

/**
 * Reads both lists. Nothing here runs or changes a model, so that a process may describe what others compute.
 * @param root folder of the package
 * @throws ModelError when a list cannot be read or is wrong
 */
export function readCatalog(root: string): Catalog {
  const { models: shipped } = parseJson(join(root, MANIFEST), manifestSchema, readJson);
  const orNone = (path: string): unknown => readJsonIfThere(path) ?? { models: [] };
  const { models: local } = parseJson(join(root, LOCAL_MANIFEST), localManifestSchema, orNone);
  if (new Set([...shipped, ...local].map(({ name }) => name)).size < shipped.length + local.length) {
    throw new ModelError(`${LOCAL_MANIFEST} is wrong: a name is taken already`);
  }
  return { shipped, local };
}

/**
 * The models of these names, as MODEL gives them.
 * @throws SettingsError that lists the known ones when a name is none of them
 * @throws ModelError when a list cannot be read or is wrong
 */
export function configuredModels(root: string, names: readonly string[]): ModelEntry[] {
  const { shipped, local } = readCatalog(root);
  const known = new Map([...shipped, ...local].map((model) => [model.name, model]));
  return names.map((name) => {
    const entry = known.get(name);
    if (entry !== undefined) return entry;
    throw new SettingsError(`MODEL must be one or more of ${[...known.keys()].join(', ')}, comma-separated.`);
  });
}

/** JSON of a schema, as `read` gets it from `path`. @throws ModelError that names what is wrong with it */
export function parseJson<T extends z.ZodType>(
  path: string,
  schema: T,
  read: (path: string) => unknown,
): z.output<T> {
  const parsed = schema.safeParse(read(path));
  if (!parsed.success) throw new ModelError(`${path} is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
