import { z } from 'zod';

const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const deviation = z.number().positive();

const npmChunks = z.strictObject({
  kind: z.literal('npm-chunks').describe('Pieces in an installed npm package, each named by its sha256'),
  package: z.string().min(1),
  version: z.string().min(1),
  index: z.string().min(1).describe('File of the package that lists the pieces'),
  key: z.string().min(1).describe('Entry of that list'),
});

const ownFile = z.strictObject({
  kind: z.literal('file').describe('Put into MODEL_DIR by the operator under the name `file`'),
});

const modelSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  title: z.string().min(1),
  default: z.boolean().default(false),
  file: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,127}$/)
    .describe('Name inside MODEL_DIR'),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.discriminatedUnion('kind', [npmChunks, ownFile]),
  licence: z.strictObject({ package: z.string(), weights: z.string(), note: z.string() }),
  provenance: z.string().min(1),
  input: z.strictObject({
    name: z.string().min(1),
    sidePixels: z.int().min(64).max(4096).describe('Width and height of the square input'),
    mean: perChannel.describe('Subtracted from R, G, B (0 to 255)'),
    std: z.tuple([deviation, deviation, deviation]).describe('Divides the difference'),
  }),
  output: z.strictObject({
    name: z.string().min(1),
    activation: z.enum(['none', 'sigmoid']).describe('What is still to be applied to reach 0 to 1'),
  }),
});

/**
 * One model: a network with one float32 input `[1, 3, side, side]` (RGB) whose main output is float32
 * `[1, 1, side, side]`, where it comes from, and what its licence is known to be.
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
