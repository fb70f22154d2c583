import { z } from 'zod';

/** `GET /healthz`: the process is alive. */
export const aliveSchema = z.object({ status: z.literal('alive') });

/** How a payload shard stands, as one process sees it. `refused`: it could keep data, and is not used. */
export const SHARD_STATES = ['up', 'draining', 'away', 'refused'] as const;

/** `GET /readyz`: the service can do its work. */
export const readySchema = z.object({
  status: z.literal('ready'),
  workers: z.array(
    z.object({
      model: z.string().describe('What it uses for images that name no model'),
      provider: z.string().describe('Where the model runs'),
      slots: z.int().describe('Images worked on at a time'),
    }),
  ),
  shards: z
    .exactOptional(z.array(z.object({ name: z.string(), state: z.enum(SHARD_STATES) })))
    .describe('Payload servers, where the operator has set some up'),
});

/** The service can do its work, with these workers. */
export type ReadyView = z.output<typeof readySchema>;

const guard = z
  .enum(['enforced', 'warned'])
  .describe('`enforced`: checked itself and its Redis before it took work, and all of it held');

const seconds = z.int().describe('Seconds');

/** `GET /.well-known/retention`: what is promised, what was checked, and for how long anything is held. */
export const retentionSchema = z.object({
  product: z.literal('Removebg BD'),
  version: z.string().describe('Version of the software that answers'),
  guard: guard.describe('`enforced`: this process checked itself and its Redis at start, and all of it held'),
  promise: z.string(),
  held_at_most_s: z
    .object({ queued_image: seconds, uncollected_result: seconds, tombstone_without_user_data: seconds })
    .describe('Longest time that each thing may be held; delivery, failure and cancellation end it at once'),
  recorded: z.array(z.string()).readonly().describe('Fields of the access log'),
  recorded_of_key_holders: z
    .array(z.string())
    .readonly()
    .describe('Besides, for billing, of each finished image that was submitted with an API key'),
  checks: z
    .array(
      z.object({
        name: z.string().describe('What was checked'),
        rules_out: z.string().describe('The risk that is closed when the check passes'),
        found: z.string().describe('What was found'),
        passed: z.boolean().describe('`true`: the risk is closed'),
        checked_at: z.iso.datetime().describe('When; at the start of this process, or when a shard came'),
      }),
    )
    .describe('What this process checked about itself and its Redis'),
  workers: z
    .array(
      z.object({
        name: z.string(),
        guard,
        passed: z.boolean().describe('`true`: each of its checks passed'),
        failed_checks: z.array(z.string()).describe('Those that did not pass, each with the risk'),
        checked_at: z.iso.datetime().describe('When it started'),
      }),
    )
    .describe('Worker processes, which check the same about themselves'),
});

/** What is promised and what was checked. */
export type RetentionStatement = z.output<typeof retentionSchema>;
