import { z } from 'zod';
import { batchCountsSchema, batchFailureSchema, memberNameSchema } from './batch-view.js';
import { jobEventSchemas } from './job-events.js';
import { endProblemSchema } from './job-view.js';

/**
 * The server-sent events of a batch, by name. Each tells where one image stands now, so states that were passed
 * through quickly may be left out; `counts` comes after each run of them, and `complete` is last.
 */
export const batchEventSchemas = {
  queued: memberNameSchema,
  started: memberNameSchema,
  done: jobEventSchemas.done.extend(memberNameSchema.shape),
  delivering: memberNameSchema,
  delivered: memberNameSchema,
  failed: batchFailureSchema,
  cancelled: batchFailureSchema,
  expired: batchFailureSchema,
  counts: batchCountsSchema,
  complete: batchCountsSchema.describe('The batch is closed, and every image has come to its end'),
  gone: z
    .object({ problem: endProblemSchema })
    .describe('The batch was cancelled, has expired, or went with the queue'),
};

/** What each server-sent event of a batch says, by its name. */
export type BatchEvents = {
  [Name in keyof typeof batchEventSchemas]: z.output<(typeof batchEventSchemas)[Name]>;
};
