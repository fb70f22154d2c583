import { z } from 'zod';
import { PROVIDERS } from '#contracts/execution-providers.js';
import { failureNumbersSchema } from '#contracts/failure-numbers.js';
import { INPUT_FORMATS } from '#contracts/input-formats.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { resultFactsSchema } from '#contracts/job-view.js';
import { isProblemCode, type ProblemCode } from '#contracts/problem-catalog.js';
import { CUTOUT_STAGES } from '#imaging/cutout-stages.js';

/**
 * File descriptor, in the child, of the socket between a worker and its engine. Only the fields below and raw image
 * bytes cross it; failures cross as codes with numbers.
 */
export const ENGINE_FD = 3;

/** Largest size of the JSON of a message, in bytes. */
export const MAX_HEADER_BYTES = 16 * 1024;

const ms = z.number().nonnegative();
const id = z.int().nonnegative();
const provider = z.enum(PROVIDERS);
const plan = { provider, models: z.array(z.string()).min(1), batch: z.int().positive() };
const fault = z.enum(['not-offered', 'not-available', 'not-suited']);

/** Encoded files of a cut-out: the image, a background picture, a mask. */
export const CUTOUT_FILES = ['image', 'background', 'mask'] as const;

/** Worker → engine. `start` comes first and once. The payload of `cutout` are its files, one after the other. */
export const toEngineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start'),
    plans: z.array(z.strictObject(plan)).min(1),
    modelDir: z.string(),
    threads: z.int().positive(),
    maxPixels: z.int().positive(),
    maxProgressivePixels: z.int().positive(),
    maxSidePixels: z.int().positive(),
    formats: z.array(z.enum(INPUT_FORMATS)).min(1).optional(),
    warmUp: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('cutout'),
    id,
    files: z.array(z.strictObject({ name: z.enum(CUTOUT_FILES), bytes: z.int().positive() })).min(1),
    options: jobOptionsSchema,
  }),
]);

/** A message to the engine. */
export type ToEngine = z.output<typeof toEngineSchema>;

/** Engine → worker. The payload of `done` is the encoded result. */
export const fromEngineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ready'),
    ...plan,
    loadMs: ms,
    warmUpMs: ms,
    declined: z.array(z.strictObject({ provider, fault })),
  }),
  z.strictObject({ type: z.literal('stage'), id, stage: z.enum(CUTOUT_STAGES) }),
  z.strictObject({
    type: z.literal('done'),
    id,
    facts: resultFactsSchema.omit({ bytes: true }).extend({ timingsMs: z.record(z.enum(CUTOUT_STAGES), ms) }),
  }),
  z.strictObject({
    type: z.literal('failed'),
    id,
    code: z.custom<ProblemCode>((code) => typeof code === 'string' && isProblemCode(code)),
    numbers: failureNumbersSchema.optional(),
  }),
]);

/** A message from the engine. */
export type FromEngine = z.output<typeof fromEngineSchema>;
