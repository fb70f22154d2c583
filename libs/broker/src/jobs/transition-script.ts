import type { Redis } from 'ioredis';
import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';
import type { Tenant } from '#contracts/tenant.js';
import { BATCH_BOOKS } from '../batches/batch-script.js';
import {
  BATCHED_KEY,
  DEADLINES_KEY,
  jobChannel,
  recordKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  SHARDS_KEY,
  TENANTS_KEY,
} from '../redis/redis-keys.js';
import { DUE, type DueRedis } from './expired-jobs-script.js';
import { BOOKKEEPING } from '../limits/reservation-script.js';
import type { ShardAllocation } from '../records/shard-incarnation.js';

/**
 * The only script that moves a job between states. It is given no payload key: Lua keeps its argument strings,
 * payload may lie on another server, and the users of redis.conf may not use such keys in scripts.
 *
 * KEYS  1 record (hash)  2 deadlines (zset)  3 reservations (hash)  4 reserved total (string)  5 tenants (hash)
 *       6 batched (hash), and those of the job's batch, which follow from its id  7 shards (hash), and the set of the
 *       job's seat
 * ARGV  1 job id  2 allowed states, `,a,b,` (`,,` = no record may exist)  3 new state
 *       4 lifetime ms  5 margin ms: that Redis keeps the record beyond it, or, of a terminal state, after which
 *       the sweeper sees to it that the purge was finished  6 '1' when the new state is terminal
 *       7 channel  8 fence field or ''  9 fence value  10 field to count or ''  11 by how much
 *       12 bytes to reserve or '' to leave as is  13 bytes for which there must be room: at least as many
 *       14 cap on all reservations, bytes
 *       15 tenant or '' where none of its limits count  16 most bytes of the tenant  17 most jobs of the tenant
 *       18 pool that the tenant belongs to, or ''  19 most bytes of the pool
 *       20 batch that the job comes into, or ''  21 name and 22 sealed entry in it  23 most images of a batch
 *       24 seat that the job's payload takes, or ''  25 most bytes on that seat
 *       26 number of pairs to set, then the pairs, then names of fields to drop
 * RETURNS {1, field, value, …} with the whole record after the change,
 *         {0, state} when it may not happen in this state, {0, 'fenced'} when the fence does not hold,
 *         {0, 'tenant'} when the reservation passes a limit of the tenant, {0, 'capacity'} when it passes the cap
 *         on all, {0, 'seat'} when it passes the cap on its seat, {0, code} when its batch does not take the job;
 *         nothing is changed then
 */
const TRANSITION = `
local RESERVED, TOTAL, TENANTS, BATCHED, SHARDS = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
${BOOKKEEPING}
${BATCH_BOOKS}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local state = redis.call('HGET', KEYS[1], 'state') or ''
if not string.find(ARGV[2], ',' .. state .. ',', 1, true) then return {0, state} end
if ARGV[8] ~= '' and redis.call('HGET', KEYS[1], ARGV[8]) ~= ARGV[9] then return {0, 'fenced'} end
local want = tonumber(ARGV[12])
if want then
  local limits = { all = tonumber(ARGV[14]), tenant = ARGV[15] }
  limits.tenantBytes, limits.tenantJobs = tonumber(ARGV[16]), tonumber(ARGV[17])
  limits.pool, limits.poolBytes = ARGV[18], tonumber(ARGV[19])
  limits.seat, limits.seatBytes = ARGV[24], tonumber(ARGV[25])
  local refusal = fits(ARGV[1], math.max(want, tonumber(ARGV[13])), limits)
  if refusal then return {0, refusal} end
end
local entry = ARGV[20] ~= '' and { batch = ARGV[20], name = ARGV[21], box = ARGV[22], most = tonumber(ARGV[23]) }
if entry then
  local refusal = enrolment(entry)
  if refusal then return {0, refusal} end
end
local pairsEnd = 26 + 2 * tonumber(ARGV[26])
for i = pairsEnd + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 27, pairsEnd, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if state == '' then redis.call('HSET', KEYS[1], 'acceptedAt', now) end
if ARGV[3] == 'queued' then redis.call('HSET', KEYS[1], 'queuedAt', now) end
if ARGV[10] ~= '' then redis.call('HINCRBY', KEYS[1], ARGV[10], ARGV[11]) end
local moved = ARGV[3] ~= state or ARGV[10] ~= ''
local version = redis.call('HINCRBY', KEYS[1], 'version', moved and 1 or 0)
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'deadlineAt', now + ARGV[4])
if ARGV[6] == '1' then
  redis.call('HSET', KEYS[1], 'endedAt', now)
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[4] + ARGV[5])
  redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
end
if ARGV[6] == '1' then book(ARGV[1], nil) elseif want then book(ARGV[1], want, ARGV[15], ARGV[24], ARGV[18]) end
if entry then enrol(ARGV[1], entry, now) else note(ARGV[1], ARGV[3], redis.call('HGET', KEYS[1], 'code'), now) end
if moved then
  redis.call('PUBLISH', ARGV[7], '{"state":"' .. ARGV[3] .. '","version":' .. version .. '}')
end
local record = redis.call('HGETALL', KEYS[1])
table.insert(record, 1, 1)
return record`;

/**
 * Notes in a record that payload keys have been removed; the first note that nothing is left says when the job was
 * purged, and tells whoever waits for it. A key that was removed later than that moves this time: it is never earlier
 * than the removal of the last byte.
 *
 * KEYS  1 record (hash)  2 deadlines (zset)
 * ARGV  1 number of keys  2 '1' when nothing of the job is left  3 channel  4 job id
 * RETURNS {1, field, value, …} with the whole record after the change, {0} when there is none
 */
const REMOVED = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return {0} end
redis.call('HINCRBY', KEYS[1], 'keysRemoved', ARGV[1])
if ARGV[2] == '1' and redis.call('HEXISTS', KEYS[1], 'purgedAt') == 0 then
  local t = redis.call('TIME')
  redis.call('ZREM', KEYS[2], ARGV[4])
  redis.call('HSET', KEYS[1], 'purgedAt', t[1] * 1000 + math.floor(t[2] / 1000))
  local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
  redis.call('PUBLISH', ARGV[3], '{"state":"' .. state .. '","version":' .. version .. '}')
elseif ARGV[2] == '1' and tonumber(ARGV[1]) > 0 then
  local t = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'purgedAt', t[1] * 1000 + math.floor(t[2] / 1000))
end
local record = redis.call('HGETALL', KEYS[1])
table.insert(record, 1, 1)
return record`;

/** A control connection that knows the scripts. */
export interface ScriptedRedis extends Redis, DueRedis {
  rbTransition(...args: (string | number)[]): Promise<(string | number)[]>;
  rbRemoved(...args: (string | number)[]): Promise<(string | number)[]>;
}

/** Teaches a connection the scripts. */
export function withScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand('rbTransition', { numberOfKeys: 7, lua: TRANSITION });
  redis.defineCommand('rbRemoved', { numberOfKeys: 2, lua: REMOVED });
  redis.defineCommand('rbDue', { numberOfKeys: 7, lua: DUE });
  return redis as ScriptedRedis;
}

/** What makes a job an image of a batch. */
export interface BatchMembership {
  batch: BatchId;
  /** Keyed hash of its custom id. */
  name: string;
  /** Sealed entry: custom id, and what opens the job. */
  box: string;
  /** Images that a batch may have. */
  most: number;
}

/** Arguments of one change, named. */
export interface TransitionCall {
  id: JobId;
  from: readonly string[];
  to: string;
  terminal: boolean;
  lifetimeMs: number;
  marginMs: number;
  fence?: readonly [field: string, value: string] | undefined;
  /** Changes a counter of the record; by 1 unless it says otherwise. */
  count?: readonly [field: string, by?: number] | undefined;
  /** Without a tenant only the cap on all counts, and that on the seat where there is one. */
  reserve?:
    | {
        bytes: number;
        /** There must be room for so many now, although `bytes` are reserved. */
        roomForBytes?: number | undefined;
        capBytes: number;
        tenant?: Tenant;
        seat?: ShardAllocation | undefined;
      }
    | undefined;
  member?: BatchMembership | undefined;
  set?: Record<string, string | number>;
  drop?: readonly string[];
}

/** Runs the transition script. */
export function callTransition(redis: ScriptedRedis, call: TransitionCall): Promise<(string | number)[]> {
  const pairs = Object.entries(call.set ?? {});
  return redis.rbTransition(
    recordKey(call.id),
    DEADLINES_KEY,
    RESERVATIONS_KEY,
    RESERVED_TOTAL_KEY,
    TENANTS_KEY,
    BATCHED_KEY,
    SHARDS_KEY,
    call.id,
    `,${call.from.join(',')},`,
    call.to,
    call.lifetimeMs,
    call.marginMs,
    call.terminal ? '1' : '0',
    jobChannel(call.id),
    ...(call.fence ?? ['', '']),
    ...[call.count?.[0] ?? '', call.count?.[1] ?? 1],
    ...reservationOf(call.reserve),
    ...membershipOf(call.member),
    ...seatOffered(call.reserve?.seat),
    pairs.length,
    ...pairs.flat(),
    ...(call.drop ?? []),
  );
}

const reservationOf = (reserve: TransitionCall['reserve']): (string | number)[] => [
  ...(reserve === undefined ? ['', 0, 0] : [reserve.bytes, reserve.roomForBytes ?? 0, reserve.capBytes]),
  ...limitsOf(reserve?.tenant),
];

const membershipOf = (member: BatchMembership | undefined): (string | number)[] =>
  member === undefined ? ['', '', '', 0] : [member.batch, member.name, member.box, member.most];

const seatOffered = (offer: ShardAllocation | undefined): (string | number)[] =>
  offer === undefined ? ['', 0] : [offer.seat, offer.capBytes];

const limitsOf = (tenant: Tenant | undefined): (string | number)[] =>
  tenant === undefined
    ? ['', 0, 0, '', 0]
    : [
        ...[tenant.id, tenant.maxReservedBytes, tenant.maxInFlight],
        ...[tenant.pool?.name ?? '', tenant.pool?.maxReservedBytes ?? 0],
      ];

/** Runs the script that notes removed keys; `all` when nothing of the job is left. */
export const callRemoved = (
  redis: ScriptedRedis,
  id: JobId,
  removed: { keys: number; all: boolean },
): Promise<(string | number)[]> =>
  redis.rbRemoved(recordKey(id), DEADLINES_KEY, removed.keys, removed.all ? '1' : '0', jobChannel(id), id);
