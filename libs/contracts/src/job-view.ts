import { z } from 'zod';
import { PROVIDERS } from './execution-providers.js';
import { jobIdSchema } from './job-id.js';
import { RESULT_FORMATS } from './job-options.js';
import { JOB_STATES } from './job-states.js';
import { LOW_CONFIDENCE, MAX_SUBJECTS, RESULT_HINTS } from './result-hints.js';

/** Absent when a worker runs: so clients that do not know it read the same as before. */
export const workerStartingSchema = z
  .exactOptional(z.literal(true))
  .describe('No worker was running, and one is being started: the job waits some seconds longer');

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

/** A connected part of a cut-out. */
export const subjectSchema = z.object({
  box: foregroundSchema.describe('Its bounding box in the result'),
  share: z.number().min(0).max(1).describe('Its share of the opacity of all subjects'),
});

/** A connected part of a cut-out. */
export type Subject = z.output<typeof subjectSchema>;

/** Facts about a finished cut-out. */
export const resultFactsSchema = z.object({
  bytes: z.int().describe('Size of the encoded result'),
  width: z.int().describe('Pixels'),
  height: z.int().describe('Pixels'),
  format: z.enum(RESULT_FORMATS).describe('Encoding of the result; never `auto`'),
  foreground: foregroundSchema.describe(
    'Bounding box of the subject in the result; 0 × 0 when nothing is visible',
  ),
  confidence: z
    .exactOptional(z.number().min(0).max(1))
    .describe(
      `Expected agreement of the cut-out with the true one, 0 to 1; check results below ${LOW_CONFIDENCE}. ` +
        'Absent when the worker does not measure it',
    ),
  subjects: z
    .array(subjectSchema)
    .max(MAX_SUBJECTS)
    .describe(`Connected parts of the cut-out, the largest first; at most ${MAX_SUBJECTS}`),
  hints: z.array(z.enum(RESULT_HINTS)).describe('What to know before using the result'),
  looks: z.int().nonnegative().describe('How often a model was run for the image'),
  model: z.string().describe('Name of the model that cut the subject out'),
  provider: z.enum(PROVIDERS).describe('Execution provider that ran the model'),
});

/** Facts about a finished cut-out. */
export type ResultFacts = z.output<typeof resultFactsSchema>;

/** Why a job has no result (RFC 9457). */
export const endProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.exactOptional(z.string()).describe('What is particular to this image'),
  parameter: z.exactOptional(z.string()).describe('Name of the parameter that it is about'),
  limit: z.exactOptional(z.number()).describe('The limit that was exceeded, in `unit`'),
  unit: z.exactOptional(z.string()).describe('Unit of `limit`, such as "pixels"'),
});

/** What the request has shortened. */
const deadlines = {
  start_within: z.int().optional().describe('As in the request, or its batch'),
  keep_at_most: z.int().optional().describe('As in the request, or its batch'),
  start_before: z.iso
    .datetime()
    .optional()
    .describe('With `start_within`, while the job waits: when it fails unless a worker has started it'),
};

/** `GET /v1/jobs/{id}`. Times are RFC 3339, durations milliseconds. */
export const jobViewSchema = z.object({
  id: jobIdSchema,
  status: z.enum(JOB_STATES),
  version: z.int().describe('Increases with each change of state; also the ETag, until the job has ended'),
  done: z
    .boolean()
    .describe('`true` when processing is over: the result can be fetched, or there will be none'),
  queue_position: z.int().optional().describe('1 = next'),
  eta_ms: z.int().optional().describe('Estimated milliseconds until the result is ready'),
  worker_starting: workerStartingSchema,
  result: resultFactsSchema.optional(),
  problem: endProblemSchema.optional().describe('Why the job failed'),
  ...deadlines,
  expires_at: z.iso.datetime().describe('When the data of the job expires and is purged'),
  links,
});

/** Status of a job. */
export type JobView = z.output<typeof jobViewSchema>;

/** `202` of `POST /v1/jobs`. The token is returned once and stored nowhere. */
export const jobAcceptedSchema = z.object({
  id: jobIdSchema,
  token: z
    .string()
    .describe('Secret of this job: 43 characters, base64url. Bearer token of all requests about it'),
  status: z.enum(JOB_STATES),
  queue_position: z.int().optional().describe('1 = next'),
  eta_ms: z.int().optional().describe('Estimated milliseconds until the result is ready'),
  ...deadlines,
  worker_starting: workerStartingSchema,
  expires_at: z.iso.datetime().describe('When the image is purged if no worker has started it'),
  ignored: z
    .array(z.string())
    .optional()
    .describe('Names of ignored form fields; also in `X-Ignored-Fields`'),
  links,
});

/** Response to an accepted image. */
export type JobAccepted = z.output<typeof jobAcceptedSchema>;

/** Relative addresses of a job's resources. */
export const jobLinks = (id: string): z.output<typeof links> => ({
  self: `/v1/jobs/${id}`,
  events: `/v1/jobs/${id}/events`,
  result: `/v1/jobs/${id}/result`,
  cancel: `/v1/jobs/${id}`,
  receipt: `/v1/jobs/${id}/receipt`,
});
