import { z } from 'zod';
import { modelLicenseSchema } from './model-license.js';

/** One model of `GET /v1/models`. */
export const modelViewSchema = z.object({
  name: z.string().describe('Value of the option `model`'),
  title: z.string(),
  default: z.boolean().describe('Used for images without the option `model`'),
  loaded: z.boolean().describe('A running worker has it in memory'),
  input: z.object({
    width: z.int().describe('Input size of the model in pixels; results have the size of the image'),
    height: z.int(),
  }),
  license: modelLicenseSchema,
  provenance: z.string(),
  sha256: z.string().describe('SHA-256 of the file that workers load, in hex'),
});

/** A model in a response. */
export type ModelView = z.output<typeof modelViewSchema>;

/** `GET /v1/models`: the available models. */
export const modelListSchema = z.object({ models: z.array(modelViewSchema) });

/** The available models. */
export type ModelList = z.output<typeof modelListSchema>;
