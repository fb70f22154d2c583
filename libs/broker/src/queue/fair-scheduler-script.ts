import type { Redis } from 'ioredis';
import { queueKey, TURNS_KEY, TURNS_TAKEN_KEY, TURNS_WAITING_KEY } from '../redis/redis-keys.js';

/**
 * What the scripts share. A job's turn is a virtual time; BullMQ wants whole priorities from 1 to 2^21, so priorities
 * count from a base that moves along. BullMQ keeps waiting jobs by `priority * 2^32 + counter`; `place` gives one of
 * them the priority that its turn has under the present base, and keeps its counter, its rank among equals.
 */
const PLACING = `
local function priorityOf(start, base, largest)
  return math.max(1, math.min(largest, math.floor(start - base) + 1))
end
local function place(prioritized, id, entry, base, largest)
  local score = redis.call('ZSCORE', prioritized, id)
  if not score then return end
  local start = tonumber(string.match(entry, '^%S+'))
  redis.call('ZADD', prioritized, priorityOf(start, base, largest) * 2^32 + tonumber(score) % 2^32, id)
end`;

/**
 * Gives a job its turn: when its tenant has had what it was promised so far, but not before now. Starts over when
 * nothing waits or runs; moves the base when nothing waits, or when priorities would pass the largest.
 *
 * KEYS  1 turns (hash: now, base)  2 taken (zset)  3 waiting (hash)  4 BullMQ's prioritized (zset)  5 BullMQ's active (list)
 * ARGV  1 job id  2 tenant  3 virtual time that the job takes up  4 largest priority  5 lifetime of the state, ms
 * RETURNS priority
 */
const TAKE = `${PLACING}
local idle = redis.call('HLEN', KEYS[3]) == 0
if idle and redis.call('LLEN', KEYS[5]) == 0 then redis.call('DEL', KEYS[1], KEYS[2]) end
local state = redis.call('HMGET', KEYS[1], 'now', 'base')
local now, base = tonumber(state[1] or '0'), tonumber(state[2] or '0')
local start = math.max(now, tonumber(redis.call('ZSCORE', KEYS[2], ARGV[2]) or '0'))
local largest = tonumber(ARGV[4])
local full = math.floor(start - base) + 1 > largest and base < math.floor(now)
if idle or full then
  base = math.floor(now)
  redis.call('HSET', KEYS[1], 'base', base)
end
if full and not idle then
  local waiting = redis.call('HGETALL', KEYS[3])
  for i = 1, #waiting, 2 do place(KEYS[4], waiting[i], waiting[i + 1], base, largest) end
end
redis.call('ZADD', KEYS[2], start + ARGV[3], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[1], string.format('%.17g %s %s', start, ARGV[3], ARGV[2]))
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
return priorityOf(start, base, largest)`;

/**
 * Puts a job right that entered the queue with a priority from before the base moved.
 *
 * KEYS  1 turns (hash)  2 waiting (hash)  3 BullMQ's prioritized (zset)
 * ARGV  1 job id  2 largest priority
 * RETURNS 1
 */
const SETTLE = `${PLACING}
local entry = redis.call('HGET', KEYS[2], ARGV[1])
if entry then
  place(KEYS[3], ARGV[1], entry, tonumber(redis.call('HGET', KEYS[1], 'base') or '0'), tonumber(ARGV[2]))
end
return 1`;

/**
 * A worker has begun a job: virtual time goes on to its turn. Tenants that are not ahead of it are forgotten. A job
 * that is begun again moves nothing.
 *
 * KEYS  1 turns (hash)  2 taken (zset)  3 waiting (hash)
 * ARGV  1 job id  2 lifetime of the state, ms
 * RETURNS 1
 */
const BEGIN = `
local entry = redis.call('HGET', KEYS[3], ARGV[1])
if not entry then return 1 end
redis.call('HDEL', KEYS[3], ARGV[1])
local now = math.max(tonumber(string.match(entry, '^%S+')), tonumber(redis.call('HGET', KEYS[1], 'now') or '0'))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('HSET', KEYS[1], 'now', string.format('%.17g', now))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

/**
 * A job will never begin: its tenant gets back what the job would have taken up.
 *
 * KEYS  1 taken (zset)  2 waiting (hash)
 * ARGV  1 job id
 * RETURNS 1
 */
const DROP = `
local entry = redis.call('HGET', KEYS[2], ARGV[1])
if not entry then return 1 end
redis.call('HDEL', KEYS[2], ARGV[1])
local share, tenant = string.match(entry, '^%S+ (%S+) (%S+)$')
local taken = redis.call('ZSCORE', KEYS[1], tenant)
if taken then redis.call('ZADD', KEYS[1], taken - share, tenant) end
return 1`;

/** A control connection that knows the scripts of turns. */
export interface FairSchedulerRedis extends Redis {
  rbTurnTake(...args: (string | number)[]): Promise<number>;
  rbTurnSettle(...args: (string | number)[]): Promise<number>;
  rbTurnBegin(...args: (string | number)[]): Promise<number>;
  rbTurnDrop(...args: (string | number)[]): Promise<number>;
}

/** Teaches a connection the scripts of turns. */
export function withFairSchedulerScripts(redis: Redis): FairSchedulerRedis {
  redis.defineCommand('rbTurnTake', { numberOfKeys: 5, lua: TAKE });
  redis.defineCommand('rbTurnSettle', { numberOfKeys: 3, lua: SETTLE });
  redis.defineCommand('rbTurnBegin', { numberOfKeys: 3, lua: BEGIN });
  redis.defineCommand('rbTurnDrop', { numberOfKeys: 2, lua: DROP });
  return redis as FairSchedulerRedis;
}

/** A job that wants a turn. */
export interface TakeCall {
  id: string;
  tenant: string;
  /** Virtual time that the job takes up. */
  share: number;
  largest: number;
  lifetimeMs: number;
}

/** Runs the script that gives a job its turn. Returns its priority. */
export const callTake = (redis: FairSchedulerRedis, call: TakeCall): Promise<number> =>
  redis.rbTurnTake(
    TURNS_KEY,
    TURNS_TAKEN_KEY,
    TURNS_WAITING_KEY,
    queueKey('prioritized'),
    queueKey('active'),
    call.id,
    call.tenant,
    call.share,
    call.largest,
    call.lifetimeMs,
  );

/** Runs the script that puts a job right after the base has moved. */
export const callSettle = (redis: FairSchedulerRedis, id: string, largest: number): Promise<number> =>
  redis.rbTurnSettle(TURNS_KEY, TURNS_WAITING_KEY, queueKey('prioritized'), id, largest);

/** Runs the script that moves virtual time on. */
export const callBegin = (redis: FairSchedulerRedis, id: string, lifetimeMs: number): Promise<number> =>
  redis.rbTurnBegin(TURNS_KEY, TURNS_TAKEN_KEY, TURNS_WAITING_KEY, id, lifetimeMs);

/** Runs the script that gives a turn back. */
export const callDrop = (redis: FairSchedulerRedis, id: string): Promise<number> =>
  redis.rbTurnDrop(TURNS_TAKEN_KEY, TURNS_WAITING_KEY, id);
