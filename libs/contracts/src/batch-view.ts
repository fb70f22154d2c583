import { z } from 'zod';
import { batchIdSchema } from './batch-id.js';
import { jobIdSchema } from './job-id.js';
import { JOB_STATES } from './job-states.js';
import { endProblemSchema, jobAcceptedSchema } from './job-view.js';

/** States of an image of a batch. It joins the batch when its upload is complete, so it is never `accepted`. */
export const [, ...MEMBER_STATES] = JOB_STATES;

/** State of an image of a batch. */
export type MemberState = (typeof MEMBER_STATES)[number];

/** States of images that have ended without a delivered result. */
export const LOST_STATES = ['failed', 'cancelled', 'expired'] as const satisfies readonly MemberState[];

/** True when an image of a batch has ended without its result being delivered. */
export const isLost = (state: MemberState): state is (typeof LOST_STATES)[number] =>
  (LOST_STATES as readonly MemberState[]).includes(state);

/** `open` accepts images; `closed` accepts no more; `complete` is closed, and all images have ended. */
export const BATCH_STATES = ['open', 'closed', 'complete', 'cancelled'] as const;

/** State of a batch. */
export type BatchState = (typeof BATCH_STATES)[number];

/** Longest `custom_id`, in characters. */
export const MAX_CUSTOM_ID = 200;

/** The client's name for an image: any text without control characters, unique in its batch. */
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

/** An image of a batch: its `custom_id` and the id of its job. */
export const memberNameSchema = z.object({ custom_id: customIdSchema, id: jobIdSchema });

/** An image without a delivered result, and the reason. */
export const batchFailureSchema = memberNameSchema.extend({ problem: endProblemSchema });

/** An image without a delivered result, and the reason. */
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

const batchPromise = (option: string): z.ZodOptional<z.ZodInt> =>
  z
    .int()
    .optional()
    .describe(`${option} of images that are added without their own; absent when the batch has none`);

/** `GET /v1/batches/{id}`. Times are RFC 3339. */
export const batchViewSchema = z.object({
  id: batchIdSchema,
  status: z.enum(BATCH_STATES),
  version: z.int().describe('Increases with each change of any image; also the ETag'),
  counts: batchCountsSchema,
  failures: z.array(batchFailureSchema).describe('Images without a result, the first 1,000'),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().describe('When the batch expires if nothing changes in it'),
  start_within: batchPromise('`start_within`'),
  keep_at_most: batchPromise('`keep_at_most`'),
  links,
});

/** Status of a batch. */
export type BatchView = z.output<typeof batchViewSchema>;

/** `201` of `POST /v1/batches`. The token is returned once and stored nowhere. */
export const batchCreatedSchema = batchViewSchema.extend({
  token: z
    .string()
    .describe('Secret of this batch: 43 characters, base64url. Bearer token of all requests about it'),
});

/** A new batch. */
export type BatchCreated = z.output<typeof batchCreatedSchema>;

/** `202` of `POST /v1/batches/{id}/jobs`: the job, and its `custom_id`. */
export const batchJobSchema = jobAcceptedSchema.extend({ custom_id: customIdSchema });

/** Response to an image of a batch. */
export type BatchJob = z.output<typeof batchJobSchema>;
