import { z } from 'zod';

/** One model of `GET /v1/models`. */
export const modelViewSchema = z.object({
  name: z.string().describe('What the option `model` takes'),
  title: z.string(),
  default: z.boolean().describe('Used for images that name no model'),
  loaded: z.boolean().describe('A worker that is alive now has it in memory'),
  input: z.object({
    width: z.int().describe('Pixels on which the subject is looked for; results have the size of the image'),
    height: z.int(),
  }),
  licence: z.object({ package: z.string(), weights: z.string(), note: z.string() }),
  provenance: z.string(),
  sha256: z.string().describe('Of the file that workers load, in hex'),
});

/** A model as clients see it. */
export type ModelView = z.output<typeof modelViewSchema>;

/** `GET /v1/models`: the models that may be asked for. */
export const modelListSchema = z.object({ models: z.array(modelViewSchema) });

/** All models on offer. */
export type ModelList = z.output<typeof modelListSchema>;
