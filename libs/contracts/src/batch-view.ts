import { z } from 'zod';
import { batchIdSchema } from './batch-id.js';
import { jobIdSchema } from './job-id.js';
import { JOB_STATES } from './job-states.js';
import { endProblemSchema, jobAcceptedSchema } from './job-view.js';

/** States that an image of a batch can be in: it belongs to the batch once its upload is complete, not `accepted`. */
export const [, ...MEMBER_STATES] = JOB_STATES;

/** State of an image of a batch. */
export type MemberState = (typeof MEMBER_STATES)[number];

/** States of images that have ended without a result in somebody's hands. */
export const LOST_STATES = ['failed', 'cancelled', 'expired'] as const satisfies readonly MemberState[];

/** True when an image of a batch has ended without its result being delivered. */
export const isLost = (state: MemberState): state is (typeof LOST_STATES)[number] =>
  (LOST_STATES as readonly MemberState[]).includes(state);

/** `open` takes images; `closed` takes no more; `complete` is closed, and every image has come to its end. */
export const BATCH_STATES = ['open', 'closed', 'complete', 'cancelled'] as const;

/** Where a batch stands. */
export type BatchState = (typeof BATCH_STATES)[number];

/** Longest `custom_id`, in characters. */
export const MAX_CUSTOM_ID = 200;

/** What the submitter calls an image: any text, unique in its batch. Control characters are not taken. */
export const customIdSchema = z
  .string()
  .min(1)
  .max(MAX_CUSTOM_ID)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
  .meta({ description: 'Your name for the image, unique in the batch', examples: ['shoes/4711.jpg'] });

/** How many images of a batch are in each state. */
export const batchCountsSchema = z.object({
  total: z.int().nonnegative(),
  ...(Object.fromEntries(MEMBER_STATES.map((state) => [state, z.int().nonnegative()])) as Record<
    MemberState,
    z.ZodInt
  >),
});

/** How many images of a batch are in each state. */
export type BatchCounts = z.output<typeof batchCountsSchema>;

/** An image of a batch, as its batch names it. */
export const memberNameSchema = z.object({ custom_id: customIdSchema, id: jobIdSchema });

/** An image of which no result was delivered, and why. */
export const batchFailureSchema = memberNameSchema.extend({ problem: endProblemSchema });

/** An image of which no result was delivered, and why. */
export type BatchFailure = z.output<typeof batchFailureSchema>;

const links = z.object({
  self: z.string(),
  jobs: z.string(),
  close: z.string(),
  events: z.string(),
  results: z.string(),
  archive: z.string(),
  cancel: z.string(),
});

/** Relative addresses of a batch's resources. */
export const batchLinks = (id: string): z.output<typeof links> => ({
  self: `/v1/batches/${id}`,
  jobs: `/v1/batches/${id}/jobs`,
  close: `/v1/batches/${id}/close`,
  events: `/v1/batches/${id}/events`,
  results: `/v1/batches/${id}/results`,
  archive: `/v1/batches/${id}/archive`,
  cancel: `/v1/batches/${id}`,
});

/** `GET /v1/batches/{id}`. Times are RFC 3339. */
export const batchViewSchema = z.object({
  id: batchIdSchema,
  status: z.enum(BATCH_STATES),
  version: z.int().describe('Grows with each change of any image; also the ETag'),
  counts: batchCountsSchema,
  failures: z.array(batchFailureSchema).describe('Images without a result, the first 1,000'),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().describe('When the batch is forgotten unless something happens in it'),
  links,
});

/** Status of a batch. */
export type BatchView = z.output<typeof batchViewSchema>;

/** `201` of `POST /v1/batches`. The token is shown once and kept nowhere. */
export const batchCreatedSchema = batchViewSchema.extend({
  token: z
    .string()
    .describe('Secret of this batch: 43 characters, base64url. Bearer token of all further calls'),
});

/** A new batch. */
export type BatchCreated = z.output<typeof batchCreatedSchema>;

/** `202` of `POST /v1/batches/{id}/jobs`: a job as any other, and its name in the batch. */
export const batchJobSchema = jobAcceptedSchema.extend({ custom_id: customIdSchema });

/** Answer to an image of a batch. */
export type BatchJob = z.output<typeof batchJobSchema>;
