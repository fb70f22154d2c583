import { z } from 'zod';
import { recipeSchema } from './recipe.schema.js';

const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const deviation = z.number().positive();
const side = z.int().min(16).max(4096);
const valueName = z.string().min(1);

/** What a model may be called: also the name of its file, with `.onnx` behind it. */
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

/** Shape of one entry of a manifest. */
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
 * One model: a network with one square RGB image as input and opacity as its main output, where it comes from,
 * and what its licence is known to be.
 */
export type ModelEntry = z.output<typeof modelSchema>;

/** Shape of `models/manifest.json`. */
export const manifestSchema = z.strictObject({
  models: z
    .array(modelSchema)
    .min(1)
    .refine((models) => new Set(models.map((m) => m.name)).size === models.length, 'names must be unique')
    .refine((models) => models.filter((m) => m.default).length === 1, 'exactly one model is the default'),
});

/** Shape of `models/local.json`: what an operator added. The file is not part of the repository. */
export const localManifestSchema = z.strictObject({
  models: z.array(modelSchema.extend({ default: z.literal(false).default(false), source: ownFile })),
});
