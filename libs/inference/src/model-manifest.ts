import { modelLicenseSchema } from '#contracts/model-license.js';
import { z } from 'zod';
import { upgradeInput, upgradeOutput } from './legacy-entry.js';
import { inputSchema, outputSchema } from './model-signature.js';

/** Variants that are derived from a shipped model; entries of `models/manifest.json` refer to them. */
export const recipeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('float32').describe('One output, float weights, no casts; opacity in full size'),
  }),
  z.strictObject({
    kind: z.literal('float16').describe('One output, weights and casts as shipped; bytes in and out'),
  }),
  z.strictObject({
    kind: z.literal('int8').describe('Weights and activations in bytes, channels last; bytes in and out'),
    calibration: z.string().regex(/^[\w.-]+\.calibration\.json$/),
    weightMax: z.union([z.literal(63), z.literal(127)]),
  }),
]);

/** @see recipeSchema */
export type Recipe = z.output<typeof recipeSchema>;

/** Name of a model, and with `.onnx` of its file. */
export const modelNameSchema = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/);

const npmChunks = z.strictObject({
  kind: z.literal('npm-chunks').describe('Pieces in an npm package, each named by its sha256'),
  pack: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe('Folder below models/packs whose lock file pins the package'),
  package: z.string().min(1),
  version: z.string().min(1),
  index: z.string().min(1).describe('File of the package that lists the pieces'),
  key: z.string().min(1).describe('Entry of that list'),
});

const derived = z.strictObject({
  kind: z.literal('recipe').describe('Made of another model of the manifest'),
  from: modelNameSchema,
  recipe: recipeSchema,
});

const ownFile = z.strictObject({
  kind: z.literal('file').describe('Put into MODEL_DIR by the operator under the name `file`'),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,127}$/);

/** Relative path without `.`, `..` or a backslash. */
const RELATIVE_PATH = /^(?!\/)(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\\\p{Cc}]{1,255}$/u;

/** Path of a file with weights, as the model refers to it: relative to the folder of the model. */
export const weightPathSchema = z.string().regex(RELATIVE_PATH);

const weightFile = z.strictObject({ file: weightPathSchema, bytes: z.int().nonnegative(), sha256 });

/** Schema of a manifest entry. */
export const modelSchema = z.strictObject({
  name: modelNameSchema,
  title: z.string().min(1),
  default: z.boolean().default(false),
  file: fileName.describe('Name inside MODEL_DIR'),
  bytes: z.int().positive(),
  sha256,
  weights: z
    .strictObject({ folder: fileName, files: z.array(weightFile).min(1) })
    .optional()
    .describe('Weights in files of their own: the model and they are in this folder of MODEL_DIR'),
  source: z.discriminatedUnion('kind', [npmChunks, derived, ownFile]),
  license: modelLicenseSchema,
  provenance: z.string().min(1),
  input: z.preprocess(upgradeInput, inputSchema),
  output: z.preprocess(upgradeOutput, outputSchema),
  singly: z.boolean().default(false).describe('One image at a time, whatever the model declares'),
  memoryBytes: z
    .int()
    .positive()
    .optional()
    .describe('Largest memory of a process that loads it and runs one image on the CPU'),
});

/**
 * A model: a neural network with one RGB image as input and opacity as its main output, its source, and its
 * license.
 */
export type ModelEntry = z.output<typeof modelSchema>;

/** Version of the manifests that are written; entries of version 1 are read as well. */
export const MANIFEST_VERSION = 2;

const manifestVersion = z.union([z.literal(1), z.literal(MANIFEST_VERSION)]).default(1);

/** Schema of `models/manifest.json`. */
export const manifestSchema = z.strictObject({
  version: manifestVersion,
  models: z
    .array(modelSchema)
    .min(1)
    .refine((models) => new Set(models.map((m) => m.name)).size === models.length, 'names must be unique')
    .refine((models) => models.filter((m) => m.default).length === 1, 'exactly one model is the default'),
});

/** Schema of `models/local.json`: models added by the operator. The file is not part of the repository. */
export const localManifestSchema = z.strictObject({
  version: manifestVersion,
  models: z.array(
    modelSchema.extend({
      default: z.literal(false).default(false),
      source: z.discriminatedUnion('kind', [derived, ownFile]),
    }),
  ),
});
