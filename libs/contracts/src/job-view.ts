import { z } from 'zod';
import { PROVIDERS } from './execution-providers.js';
import { jobIdSchema } from './job-id.js';
import { RESULT_FORMATS } from './job-options.js';
import { JOB_STATES } from './job-states.js';

const links = z
  .object({
    self: z.string(),
    events: z.string(),
    result: z.string(),
    cancel: z.string().describe('For DELETE'),
    receipt: z.string(),
  })
  .describe('Addresses relative to the service');

/** A rectangle in pixels of a result, possibly empty. */
export const foregroundSchema = z.object({
  left: z.int().nonnegative(),
  top: z.int().nonnegative(),
  width: z.int().nonnegative(),
  height: z.int().nonnegative(),
});

/** Facts about a finished cut-out. */
export const resultFactsSchema = z.object({
  bytes: z.int().describe('Size of the encoded result'),
  width: z.int().describe('Pixels'),
  height: z.int().describe('Pixels'),
  format: z.enum(RESULT_FORMATS).describe('What was written: `auto` has been decided'),
  foreground: foregroundSchema.describe('Where the subject is in the result; 0 × 0 when nothing is visible'),
  model: z.string().describe('Name of the model that cut the subject out'),
  provider: z.enum(PROVIDERS).describe('Where it ran'),
});

/** Facts about a finished cut-out. */
export type ResultFacts = z.output<typeof resultFactsSchema>;

/** Why a job came to nothing (RFC 9457). */
export const endProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
});

/** `GET /v1/jobs/{id}`: what a job's holder may know about it. Times are RFC 3339, durations milliseconds. */
export const jobViewSchema = z.object({
  id: jobIdSchema,
  status: z.enum(JOB_STATES),
  version: z.int().describe('Grows with each change of state; also the ETag, until the job has ended'),
  done: z.boolean().describe('`true`: the work is over. The result can be fetched, or there will be none'),
  queue_position: z.int().optional().describe('1 = next'),
  eta_ms: z.int().optional().describe('Milliseconds until the result is likely there'),
  result: resultFactsSchema.optional(),
  problem: endProblemSchema.optional().describe('Why the job failed'),
  expires_at: z.iso.datetime().describe('When what is held now is purged by itself'),
  links,
});

/** Status of a job. */
export type JobView = z.output<typeof jobViewSchema>;

/** `202` of `POST /v1/jobs`. The token is shown once and kept nowhere. */
export const jobAcceptedSchema = z.object({
  id: jobIdSchema,
  token: z
    .string()
    .describe('Secret of this job: 43 characters, base64url. Bearer token of all further calls'),
  status: z.enum(JOB_STATES),
  queue_position: z.int().optional().describe('1 = next'),
  eta_ms: z.int().optional().describe('Milliseconds until the result is likely there'),
  expires_at: z.iso.datetime().describe('When the image is purged if no worker takes it'),
  ignored: z
    .array(z.string())
    .optional()
    .describe('Names of fields of the form that mean nothing here; also in `X-Ignored-Fields`'),
  links,
});

/** Answer to an accepted image. */
export type JobAccepted = z.output<typeof jobAcceptedSchema>;

/** Relative addresses of a job's resources. */
export const jobLinks = (id: string): z.output<typeof links> => ({
  self: `/v1/jobs/${id}`,
  events: `/v1/jobs/${id}/events`,
  result: `/v1/jobs/${id}/result`,
  cancel: `/v1/jobs/${id}`,
  receipt: `/v1/jobs/${id}/receipt`,
});
