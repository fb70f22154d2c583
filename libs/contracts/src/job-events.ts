import { z } from 'zod';
import { STAGES } from './job-states.js';
import { jobAcceptedSchema, resultFactsSchema, workerStartingSchema } from './job-view.js';
import { problemSchema } from './problem.schema.js';

const receipt = z.exactOptional(z.string()).describe('Signed deletion receipt, a compact JWS');

/**
 * The server-sent events of one job, by name. `accepted` is the first event of a POST with
 * `Accept: text/event-stream`; the others are sent on every stream. `done` is followed by `chunk`s when the stream was
 * opened with `deliver=inline`. `purged` is last when the result was delivered. Each final event has the signed deletion
 * receipt, except where a client derives the event from the status of the job.
 */
export const jobEventSchemas = {
  accepted: jobAcceptedSchema,
  queued: z.object({
    position: z.exactOptional(z.int()).describe('1 = next'),
    eta_ms: z.exactOptional(z.int()).describe('Estimated milliseconds until the result is ready'),
    worker_starting: workerStartingSchema,
  }),
  started: z.object({ attempt: z.int() }),
  progress: z.object({ stage: z.enum(STAGES), percent: z.number() }),
  done: resultFactsSchema.extend({
    expires_at: z.iso.datetime().describe('When the result expires and is purged'),
    link: z.string().describe('Address of the result'),
  }),
  chunk: z
    .object({ index: z.int(), data: z.string().describe('Base64') })
    .describe('One piece of the result, in order; pieces decode separately'),
  failed: z.object({ problem: problemSchema, receipt }),
  cancelled: z.object({ receipt }),
  expired: z.object({ receipt }),
  purged: z
    .object({ reason: z.literal('delivered'), at: z.iso.datetime(), receipt })
    .describe('Nothing of the image is left'),
};

/** Data of the server-sent events of a job, by name. */
export type JobEvents = { [Name in keyof typeof jobEventSchemas]: z.output<(typeof jobEventSchemas)[Name]> };

/** Name of a server-sent event. */
export type JobEventName = keyof JobEvents;
