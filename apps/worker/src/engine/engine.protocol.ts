import { z } from 'zod';
import { jobOptionsSchema, OUTPUT_FORMATS } from '#contracts/job.options.js';
import { isProblemCode, type ProblemCode } from '#contracts/problem.catalogue.js';
import { CUTOUT_STAGES } from '#imaging/cutout.stages.js';

/**
 * The child's file descriptor of the socket between a worker and its engine. Only the fields below and the raw
 * image bytes cross it; failures cross as codes.
 */
export const ENGINE_FD = 3;

/** Most bytes of a message's JSON. */
export const MAX_HEADER_BYTES = 16 * 1024;

const ms = z.number().nonnegative();
const id = z.int().nonnegative();

/** Worker → engine. `start` comes first and once; `cutout` carries the encoded image as payload. */
export const toEngineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start'),
    model: z.string(),
    modelDir: z.string(),
    threads: z.int().positive(),
    maxPixels: z.int().positive(),
    maxProgressivePixels: z.int().positive(),
    maxSidePixels: z.int().positive(),
    warmUp: z.boolean(),
  }),
  z.strictObject({ type: z.literal('cutout'), id, options: jobOptionsSchema }),
]);

/** A message to the engine. */
export type ToEngine = z.output<typeof toEngineSchema>;

/** Engine → worker. `done` carries the encoded result as payload. */
export const fromEngineSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready'), model: z.string(), loadMs: ms, warmUpMs: ms }),
  z.strictObject({ type: z.literal('stage'), id, stage: z.enum(CUTOUT_STAGES) }),
  z.strictObject({
    type: z.literal('done'),
    id,
    width: z.int().positive(),
    height: z.int().positive(),
    format: z.enum(OUTPUT_FORMATS),
    timingsMs: z.record(z.enum(CUTOUT_STAGES), ms),
  }),
  z.strictObject({
    type: z.literal('failed'),
    id,
    code: z.custom<ProblemCode>((code) => typeof code === 'string' && isProblemCode(code)),
  }),
]);

/** A message from the engine. */
export type FromEngine = z.output<typeof fromEngineSchema>;
