import { createHash } from 'node:crypto';
import type { JobId } from '#contracts/job-id.js';

/**
 * A payload shard from one start of its server to the next, `name.run`. The job's record names the incarnation that has
 * its payload. Shards can be added and removed without moving jobs, and a shard that restarts empty is distinguished from the one
 * that had the payload.
 */
export type ShardIncarnation = string;

/** Characters of the server's `run_id` in the name of an incarnation. */
const RUN_CHARACTERS = 12;

/** An incarnation that accepts new payload, and how many bytes payload may take there. */
export interface ShardAllocation {
  incarnation: ShardIncarnation;
  capBytes: number;
}

/** The incarnation of a shard whose server has this `run_id`. */
export const incarnationOf = (name: string, runId: string): ShardIncarnation =>
  `${name}.${runId.slice(0, RUN_CHARACTERS)}`;

/** Name of the incarnation's shard. */
export const shardOf = (incarnation: ShardIncarnation): string => incarnation.split('.')[0] ?? '';

/**
 * Shards in the order in which a job prefers them: rendezvous hashing (Thaler, Ravishankar, "Using Name-Based Mappings to
 * Increase Hit Rates", IEEE/ACM ToN 1998). Jobs spread evenly. A shard that is added or removed moves only the jobs that
 * it wins or had, and the jobs of a lost shard spread over all others. Processes share no table.
 */
export const shardOrder = <T extends { name: string }>(shards: readonly T[], id: JobId): T[] =>
  shards
    .map((shard) => ({ shard, weight: weightOf(shard.name, id) }))
    .sort((a, b) => (a.weight < b.weight ? 1 : -1))
    .map(({ shard }) => shard);

/** 64 bits of a hash; equal weights are possible and harmless. */
const weightOf = (name: string, id: JobId): bigint =>
  createHash('sha256').update(`${name}\n${id}`).digest().readBigUInt64BE(0);
