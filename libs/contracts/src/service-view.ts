import { z } from 'zod';

/** `GET /healthz`: the process is alive. */
export const aliveSchema = z.object({ status: z.literal('alive') });

/** States of a payload shard in one process. `away`: unreachable. `refused`: it could persist data and is not used. */
export const SHARD_STATES = ['up', 'draining', 'away', 'refused'] as const;

/** What `GET /readyz` says of a service that takes images. Without a worker, an image that arrives starts one. */
export const READY_STATUSES = ['ready', 'no worker, will start'] as const;

/** `GET /readyz`: the service can process images. */
export const readySchema = z.object({
  status: z
    .enum(READY_STATUSES)
    .describe('`no worker, will start`: no worker runs until there is an image (`MIN_WORKERS=0`)'),
  workers: z
    .array(
      z.object({
        model: z.string().describe('Default model of the worker'),
        provider: z.string().describe('Where the model runs'),
        slots: z.int().describe('Images processed at a time'),
      }),
    )
    .describe('Workers that run; none with `no worker, will start`'),
  shards: z
    .exactOptional(z.array(z.object({ name: z.string(), state: z.enum(SHARD_STATES) })))
    .describe('Payload shards, if the operator has configured any'),
});

/** The service can process images with these workers. */
export type ReadyView = z.output<typeof readySchema>;
