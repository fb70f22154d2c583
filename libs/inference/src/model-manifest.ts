import { z } from 'zod';

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

const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const deviation = z.number().positive();
const side = z.int().min(16).max(4096);
const valueName = z.string().min(1);

/** Name of a model, and with `.onnx` of its file. */
export const modelNameSchema = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/);

const npmChunks = z.strictObject({
  kind: z.literal('npm-chunks').describe('Pieces in an installed npm package, each named by its sha256'),
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

const bytesIn = z.strictObject({
  kind: z.literal('u8-nhwc').describe('uint8 [n, side, side, 3]: R G B as decoded'),
  name: valueName,
  sidePixels: side,
});

const floatsIn = z.strictObject({
  kind: z.literal('f32-nchw').describe('float32 [n, 3, side, side]: planes of (value - mean) / std'),
  name: valueName,
  sidePixels: side.describe('Width and height of the square input'),
  mean: perChannel.describe('Subtracted from R, G, B (0 to 255)'),
  std: z.tuple([deviation, deviation, deviation]).describe('Divides the difference'),
});

const bytesOut = z.strictObject({
  kind: z.literal('u8').describe('uint8 [n, 1, side, side]: opacity'),
  name: valueName,
  sidePixels: side,
});

const floatsOut = z.strictObject({
  kind: z.literal('f32').describe('float32 [n, 1, side, side] or [n, side, side]'),
  name: valueName,
  sidePixels: side,
  activation: z.enum(['none', 'sigmoid']).describe('What is still to be applied to reach 0 to 1'),
});

/** Schema of a manifest entry. */
export const modelSchema = z.strictObject({
  name: modelNameSchema,
  title: z.string().min(1),
  default: z.boolean().default(false),
  file: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,127}$/)
    .describe('Name inside MODEL_DIR'),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.discriminatedUnion('kind', [npmChunks, derived, ownFile]),
  licence: z.strictObject({ package: z.string(), weights: z.string(), note: z.string() }),
  provenance: z.string().min(1),
  input: z.discriminatedUnion('kind', [bytesIn, floatsIn]),
  output: z.discriminatedUnion('kind', [bytesOut, floatsOut]),
});

/**
 * A model: a neural network with one square RGB image as input and opacity as its main output, its source, and its
 * license.
 */
export type ModelEntry = z.output<typeof modelSchema>;

/** Schema of `models/manifest.json`. */
export const manifestSchema = z.strictObject({
  models: z
    .array(modelSchema)
    .min(1)
    .refine((models) => new Set(models.map((m) => m.name)).size === models.length, 'names must be unique')
    .refine((models) => models.filter((m) => m.default).length === 1, 'exactly one model is the default'),
});

/** Schema of `models/local.json`: models added by the operator. The file is not part of the repository. */
export const localManifestSchema = z.strictObject({
  models: z.array(modelSchema.extend({ default: z.literal(false).default(false), source: ownFile })),
});
