/**
 * Where the payload of a job is: one life of one shard, `name.run`. It stands in the job's record, so that shards can
 * be added and taken away without moving a job, and so that a shard that comes back empty is not mistaken for the one
 * that had the bytes.
 */
export type ShardIncarnation = string;

/** Letters of a server's run id that tell its lives apart. */
const RUN_CHARACTERS = 12;

/** A shard that takes new payload, and how much of its memory payload may take. */
export interface ShardAllocation {
  seat: ShardIncarnation;
  capBytes: number;
}

/** The seat that the server with this `run_id` is. */
export const incarnationOf = (name: string, runId: string): ShardIncarnation =>
  `${name}.${runId.slice(0, RUN_CHARACTERS)}`;

/** Name of the shard. */
export const shardOf = (seat: ShardIncarnation): string => seat.split('.')[0] ?? '';
