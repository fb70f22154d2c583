import type { BatchId } from '#contracts/batch-id.js';
import { LOST_STATES } from '#contracts/batch-view.js';
import { BATCH_PARTS, batchKey, jobChannel, type BatchPart } from '../redis/redis-keys.js';

const THE_BATCH = '%s' as BatchId;
const keyIn = (part: BatchPart): string => `string.format('${batchKey(THE_BATCH, part)}', batch)`;
const isOneOf = (states: readonly string[]): string =>
  states.map((state) => `state == '${state}'`).join(' or ');

/**
 * Lua that keeps the books of batches: each change of a job that belongs to one is noted there in the same moment, so
 * that counts are exact and nobody has to look at every job. Put before a script that has `BATCHED` as name of that
 * key. The keys of a batch follow from its id.
 *
 *   enrolment(entry)      nil, or why the batch does not take an image: a problem's code. Entry: batch, its id; name,
 *                         keyed hash of the custom id; box, the sealed entry; most, images a batch may have
 *   enrol(id, entry, now) makes a job an image of the batch, in place of one of the same name that ended without result
 *   note(id, to, code, now)   a job has come into state `to`; nothing when it belongs to no batch, or stays as it is.
 *                         code: why it failed, or nil
 *   changed(batch, now, version)   the last step of every change: tells it; lets the batch live on, or, when no image
 *                         of it can change any more, only for as long as it may still be asked for
 */
export const BATCH_BOOKS = `
local function isLost(state) return ${isOneOf(LOST_STATES)} end
local function isLiving(state) return ${isOneOf(['queued', 'running', 'ready', 'delivering'])} end
local function nextVersion(batch) return redis.call('HINCRBY', ${keyIn('')}, 'version', 1) end
local function changed(batch, now, version)
  local meta = ${keyIn('')}
  local facts = redis.call('HMGET', meta, 'open', 'living', 'lifeMs', 'restMs', 'n:ready')
  local over = facts[1] ~= '1' and tonumber(facts[2] or '0') <= 0
  local ms = tonumber(over and facts[4] or facts[3])
  redis.call('HSET', meta, 'expiresAt', now + ms)
  ${BATCH_PARTS.map((part) => `redis.call('PEXPIRE', ${keyIn(part)}, ms)`).join('\n  ')}
  redis.call('PUBLISH', string.format('${jobChannel('%s')}', batch), string.format(
    '{"version":%d,"ready":%d,"over":%s}', version, tonumber(facts[5] or '0'), tostring(over)))
end
local function count(batch, state, by)
  local meta = ${keyIn('')}
  redis.call('HINCRBY', meta, 'n:' .. state, by)
  if isLiving(state) then redis.call('HINCRBY', meta, 'living', by) end
end
local function stateIn(batch, id)
  local entry = redis.call('HGET', ${keyIn(':members')}, 'is:' .. id)
  return entry and string.match(entry, '^[^:]+')
end
local function place(batch, id, now)
  local version = nextVersion(batch)
  local state = stateIn(batch, id)
  redis.call('ZADD', ${keyIn(':changes')}, version, id)
  redis.call('ZREM', ${keyIn(':ready')}, id)
  if state == 'ready' then redis.call('ZADD', ${keyIn(':ready')}, version, id) end
  if isLost(state) then redis.call('ZADD', ${keyIn(':lost')}, version, id) end
  changed(batch, now, version)
end
local function enrolment(entry)
  local batch = entry.batch
  local facts = redis.call('HMGET', ${keyIn('')}, 'open', 'total', 'cancelled')
  if not facts[1] then return 'batch-not-found' end
  if facts[3] then return 'batch-cancelled' end
  if facts[1] ~= '1' then return 'batch-closed' end
  local earlier = redis.call('HGET', ${keyIn(':members')}, 'by:' .. entry.name)
  local state = earlier and stateIn(batch, earlier)
  if state then return not isLost(state) and 'custom-id-taken' or nil end
  if tonumber(facts[2]) >= entry.most then return 'batch-full' end
  return nil
end
local function enrol(id, entry, now)
  local batch = entry.batch
  local members = ${keyIn(':members')}
  local earlier = redis.call('HGET', members, 'by:' .. entry.name)
  if earlier then
    count(batch, stateIn(batch, earlier), -1)
    redis.call('HDEL', members, 'is:' .. earlier, 'of:' .. earlier)
    redis.call('ZREM', ${keyIn(':changes')}, earlier)
    redis.call('ZREM', ${keyIn(':lost')}, earlier)
  else
    redis.call('HINCRBY', ${keyIn('')}, 'total', 1)
  end
  redis.call('HSET', members, 'by:' .. entry.name, id, 'of:' .. id, entry.box, 'is:' .. id, 'queued')
  redis.call('HSET', BATCHED, id, batch)
  count(batch, 'queued', 1)
  place(batch, id, now)
end
local function note(id, to, code, now)
  local batch = redis.call('HGET', BATCHED, id)
  if not batch then return end
  local was = stateIn(batch, id)
  if was == to then return end
  if not isLiving(to) or not was then redis.call('HDEL', BATCHED, id) end
  if not was then return end
  redis.call('HSET', ${keyIn(':members')}, 'is:' .. id, code and to .. ':' .. code or to)
  count(batch, was, -1)
  count(batch, to, 1)
  place(batch, id, now)
end`;
