import { z } from 'zod';
import { batchCountsSchema, batchFailureSchema, memberNameSchema } from './batch-view.js';
import { jobEventSchemas } from './job-events.js';
import { endProblemSchema } from './job-view.js';

/**
 * The server-sent events of a batch, by name. Each reports the current state of one image, so short-lived states may be
 * left out. `counts` follows each series of them, and `complete` is last.
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
  complete: batchCountsSchema.describe('The batch is closed, and all images have ended'),
  gone: z
    .object({ problem: endProblemSchema })
    .describe('The batch was canceled, has expired, or was lost with the queue'),
};

/** Data of the server-sent events of a batch, by name. */
export type BatchEvents = {
  [Name in keyof typeof batchEventSchemas]: z.output<(typeof batchEventSchemas)[Name]>;
};
