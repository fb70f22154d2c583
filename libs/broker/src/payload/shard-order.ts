import { createHash } from 'node:crypto';
import type { JobId } from '#contracts/job-id.js';

/**
 * Names of shards in the order in which a job prefers them: rendezvous hashing (Thaler, Ravishankar, "Using
 * Name-Based Mappings to Increase Hit Rates", IEEE/ACM ToN 1998). Each name is weighed with the job's id, the
 * heaviest comes first. So jobs spread evenly, a name that comes or goes moves only the jobs that it wins or held,
 * and what a dead shard would have got spreads over all others, without any table that processes would have to share.
 */
export const shardOrder = <T extends { name: string }>(shards: readonly T[], id: JobId): T[] =>
  shards
    .map((shard) => ({ shard, weight: weightOf(shard.name, id) }))
    .sort((a, b) => (a.weight < b.weight ? 1 : -1))
    .map(({ shard }) => shard);

/** 64 bits of a hash: two names weigh the same once in a few billion jobs, and then either order will do. */
const weightOf = (name: string, id: JobId): bigint =>
  createHash('sha256').update(`${name}\n${id}`).digest().readBigUInt64BE(0);
