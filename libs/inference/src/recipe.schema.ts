import { z } from 'zod';

/** What can be made of a shipped model; `models/manifest.json` names one for each product. */
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
