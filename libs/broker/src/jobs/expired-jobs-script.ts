import type { JobId } from '#contracts/job-id.js';
import type { JobState } from '#contracts/job-states.js';
import { BATCH_BOOKS } from '../batches/batch-script.js';
import {
  BATCHED_KEY,
  DEADLINES_KEY,
  queueKey,
  recordKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  SHARDS_KEY,
  TENANTS_KEY,
} from '../redis/redis-keys.js';
import { BOOKKEEPING } from '../limits/reservation-script.js';

/**
 * Jobs whose time has run out, and clean-up of those whose record Redis has already dropped. A deadline farther away
 * than there can be was noted before the server's clock was set back: that job's time begins anew, and BullMQ's note that
 * stalled jobs have just been looked for counts for nothing.
 *
 * KEYS  1 deadlines (zset)  2 reservations (hash)  3 reserved total (string)  4 tenants (hash)  5 batched (hash)
 *       6 shards (hash)  7 BullMQ's note (string)
 * ARGV  1 prefix of record keys up to the id  2 suffix after it  3 most jobs to return
 *       4 ms to the farthest deadline there can be  5 … pairs of state and its lifetime, ms
 * RETURNS {id, …}
 */
export const DUE = `
local RESERVED, TOTAL, TENANTS, BATCHED, SHARDS = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
${BOOKKEEPING}
${BATCH_BOOKS}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function range(from, to) return redis.call('ZRANGEBYSCORE', KEYS[1], from, to, 'LIMIT', 0, ARGV[3]) end
for _, id in ipairs(range(now + ARGV[4], '+inf')) do
  local lifetime = 0
  local state = redis.call('HGET', ARGV[1] .. id .. ARGV[2], 'state')
  for i = 5, #ARGV, 2 do if ARGV[i] == state then lifetime = ARGV[i + 1] end end
  redis.call('ZADD', KEYS[1], now + lifetime, id)
end
if redis.call('PTTL', KEYS[7]) > tonumber(ARGV[4]) then redis.call('DEL', KEYS[7]) end
local due = {}
for _, id in ipairs(range('-inf', now)) do
  if redis.call('EXISTS', ARGV[1] .. id .. ARGV[2]) == 1 then
    due[#due + 1] = id
  else
    redis.call('ZREM', KEYS[1], id)
    book(id, nil)
    note(id, 'expired', nil, now)
  end
end
return due`;

/** A connection that knows the script. */
export interface DueRedis {
  rbDue(...args: (string | number)[]): Promise<(string | number)[]>;
}

/** Runs the script that finds jobs whose time has run out; `lifetimes` are those of living states, in ms. */
export function callDue(
  redis: DueRedis,
  most: number,
  lifetimes: Partial<Record<JobState, number>>,
): Promise<(string | number)[]> {
  const [head, tail] = recordKey('\n' as JobId).split('\n') as [string, string];
  const keys = [DEADLINES_KEY, RESERVATIONS_KEY, RESERVED_TOTAL_KEY, TENANTS_KEY, BATCHED_KEY, SHARDS_KEY];
  // Twice the longest: another process may have other settings.
  const farthestMs = 2 * Math.max(...Object.values(lifetimes));
  const pairs = Object.entries(lifetimes).flat();
  return redis.rbDue(...keys, queueKey('stalled-check'), head, tail, most, farthestMs, ...pairs);
}
