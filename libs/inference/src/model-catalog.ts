import { join } from 'node:path';
import { z } from 'zod';
import { SettingsError } from '#config/settings.js';
import type { LicenseClass } from '#contracts/model-license.js';
import { ModelError, readJson, readJsonIfExists } from './model-files.js';
import { requireAllowedLicense, upgradeLicense } from './model-license.js';
import { localManifestSchema, manifestSchema, type ModelEntry } from './model-manifest.js';

export { ModelError } from './model-files.js';
export type { ModelEntry } from './model-manifest.js';
export { nominalSize } from './model-signature.js';

/** Manifest of the shipped models, relative to the package folder. */
export const MANIFEST = 'models/manifest.json';

/** Manifest of the models that the operator added. */
export const LOCAL_MANIFEST = 'models/local.json';

/** Models known from the manifests, without reading their files. */
export interface Catalog {
  shipped: ModelEntry[];
  local: ModelEntry[];
}

/**
 * Reads both manifests. This module loads no ONNX runtime, so the API may use it to describe models.
 * @param root package folder
 * @throws ModelError when a manifest cannot be read or is invalid
 */
export function readCatalog(root: string): Catalog {
  const { models: shipped } = parseJson(join(root, MANIFEST), manifestSchema, readJson);
  const { models: local } = parseJson(join(root, LOCAL_MANIFEST), localManifestSchema, readLocal);
  if (new Set([...shipped, ...local].map(({ name }) => name)).size < shipped.length + local.length) {
    throw new ModelError(`${LOCAL_MANIFEST} is invalid: a name is already in use`);
  }
  return { shipped, local };
}

/** The operator's manifest, with licenses in today's form; without models when there is no file. */
function readLocal(path: string): unknown {
  const content = readJsonIfExists(path) ?? { models: [] };
  const former = formerManifestSchema.safeParse(content);
  if (!former.success) return content;
  const models = former.data.models.map(({ licence, ...entry }) =>
    licence === undefined ? entry : { ...entry, license: upgradeLicense(licence) },
  );
  return { models };
}

/** Entries of `models/local.json` with the member `licence` of version 0.1.0, or without it. */
const formerManifestSchema = z.strictObject({
  models: z.array(
    z.looseObject({
      licence: z.strictObject({ package: z.string(), weights: z.string(), note: z.string() }).optional(),
    }),
  ),
});

/**
 * The models with these names, as configured by MODEL, of any license.
 * @throws SettingsError that lists the known names when one is unknown
 * @throws ModelError when a manifest cannot be read or is invalid
 */
export function modelsNamed(root: string, names: readonly string[]): ModelEntry[] {
  const { shipped, local } = readCatalog(root);
  const known = new Map([...shipped, ...local].map((model) => [model.name, model]));
  return names.map((name) => {
    const entry = known.get(name);
    if (entry !== undefined) return entry;
    throw new SettingsError(`MODEL must be one or more of ${[...known.keys()].join(', ')}, comma-separated.`);
  });
}

/**
 * The models that MODEL names, each with a license that MODEL_LICENSES allows.
 * @throws SettingsError that lists the known names when one is unknown, or says whose license is not allowed
 * @throws ModelError when a manifest cannot be read or is invalid
 */
export function configuredModels(
  root: string,
  names: readonly string[],
  licenses: readonly LicenseClass[],
): ModelEntry[] {
  const entries = modelsNamed(root, names);
  const { shipped, local } = readCatalog(root);
  for (const entry of entries) requireAllowedLicense(entry, [...shipped, ...local], licenses);
  return entries;
}

/** Reads JSON by `read` and validates it. @throws ModelError that states what is invalid */
export function parseJson<T extends z.ZodType>(
  path: string,
  schema: T,
  read: (path: string) => unknown,
): z.output<T> {
  const parsed = schema.safeParse(read(path));
  if (!parsed.success) throw new ModelError(`${path} is invalid: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
