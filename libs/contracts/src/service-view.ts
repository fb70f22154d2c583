import { z } from 'zod';

/** `GET /healthz`: the process is alive. */
export const aliveSchema = z.object({ status: z.literal('alive') });

/** States of a payload shard in one process. `away`: unreachable. `refused`: it could persist data and is not used. */
export const SHARD_STATES = ['up', 'draining', 'away', 'refused'] as const;

/** `GET /readyz`: the service can process images. */
export const readySchema = z.object({
  status: z.literal('ready'),
  workers: z.array(
    z.object({
      model: z.string().describe('Default model of the worker'),
      provider: z.string().describe('Where the model runs'),
      slots: z.int().describe('Images processed at a time'),
    }),
  ),
  shards: z
    .exactOptional(z.array(z.object({ name: z.string(), state: z.enum(SHARD_STATES) })))
    .describe('Payload shards, if the operator has configured any'),
});

/** The service can process images with these workers. */
export type ReadyView = z.output<typeof readySchema>;

const guard = z
  .enum(['enforced', 'warned'])
  .describe('`enforced`: the process checked itself and its Redis at start, and all checks passed');

const seconds = z.int().describe('Seconds');

/** `GET /.well-known/retention`: the promise, how long data is held, and the results of all checks. */
export const retentionSchema = z.object({
  product: z.literal('Removebg BD'),
  version: z.string().describe('Version of the software'),
  guard: guard.describe(
    '`enforced`: this process checked itself and its Redis at start, and all checks passed',
  ),
  promise: z.string(),
  held_at_most_s: z
    .object({ queued_image: seconds, uncollected_result: seconds, tombstone_without_user_data: seconds })
    .describe('Longest time that data is held. Delivery, failure and cancellation delete it immediately'),
  recorded: z.array(z.string()).readonly().describe('Fields of the access log'),
  recorded_of_key_holders: z
    .array(z.string())
    .readonly()
    .describe('Also recorded, for billing, of each finished image that was submitted with an API key'),
  checks: z
    .array(
      z.object({
        name: z.string().describe('Name of the check'),
        rules_out: z.string().describe('Risk that is ruled out when the check passes'),
        found: z.string().describe('Result of the check'),
        passed: z.boolean().describe('`true`: the risk is ruled out'),
        checked_at: z.iso
          .datetime()
          .describe('Time of the check: start of this process, or addition of a shard'),
      }),
    )
    .describe('Checks that this process made of itself and its Redis'),
  workers: z
    .array(
      z.object({
        name: z.string(),
        guard,
        passed: z.boolean().describe('`true`: all of its checks passed'),
        failed_checks: z.array(z.string()).describe('Failed checks, each with its risk'),
        checked_at: z.iso.datetime().describe('Start of the worker'),
      }),
    )
    .describe('Worker processes, which make the same checks'),
});

/** The retention statement. */
export type RetentionStatement = z.output<typeof retentionSchema>;
