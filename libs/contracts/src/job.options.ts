import { z } from 'zod';

/** Names of the output encodings. */
export const OUTPUT_FORMATS = ['png', 'webp'] as const;

/** Names of what the output holds: colour with alpha, or the alpha matte alone as a grey image. */
export const OUTPUT_CHANNELS = ['rgba', 'alpha'] as const;

/**
 * What a client may ask of one image. All surfaces (native, compatible, SDK, page) share this schema; unknown
 * keys are refused; an empty string counts as absent, because form clients send unset fields that way.
 */
export const jobOptionsSchema = z.strictObject({
  format: z.enum(OUTPUT_FORMATS).default('png').describe('Encoding of the result, always lossless'),
  channels: z.enum(OUTPUT_CHANNELS).default('rgba').describe('Cut-out with alpha, or the alpha matte alone'),
  model: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)
    .optional()
    .describe('One of `GET /v1/models`; without it the default one'),
});

/** Options of one job, complete with defaults. */
export type JobOptions = z.output<typeof jobOptionsSchema>;

/** MIME type of each output format. */
export const MIME_OF_FORMAT: Record<JobOptions['format'], string> = { png: 'image/png', webp: 'image/webp' };
