import { incarnationKey } from '../redis/redis-keys.js';

/**
 * Lua that keeps the sums of what living jobs have reserved: of all, of each tenant, and of each payload shard. Put
 * before a script that has `RESERVED`, `TOTAL`, `TENANTS` and `SHARDS` as names of the four keys; the set of a shard's
 * jobs follows from its seat. Sums change in no other way, always together
 * with the entry of the job they stem from, so that whatever removes an entry gives back exactly what it held, once.
 *
 *   booking(id)              bytes, tenant, seat and pool of a job; 0, nil, '' and '' when it has no entry
 *   fits(id, bytes, limits)  nil, or why the job may not hold that much: 'tenant' | 'capacity' | 'seat'. A tenant's
 *                            only job is measured against the whole alone: it could never be done otherwise. Limits:
 *                            cap on all, bytes; tenant or '' for none; most bytes and most jobs of the tenant; pool
 *                            or '' for none, and most bytes of it; seat or '' for none, and most bytes on it
 *   book(id, bytes, tenant, seat, pool)  makes a job hold that much, or, with nil, nothing any more. A job keeps its
 *                            tenant, its seat and its pool
 */
export const BOOKKEEPING = `
local function booking(id)
  local entry = redis.call('HGET', RESERVED, id)
  if not entry then return 0, nil, '', '' end
  local bytes, tenant, seat, pool = string.match(entry, '^(%d+):([^:]*):?([^:]*):?(.*)$')
  return tonumber(bytes), tenant, seat, pool
end
local function fits(id, bytes, limits)
  local held, owner = booking(id)
  if bytes <= held then return nil end
  if limits.tenant ~= '' then
    local sums = redis.call('HMGET', TENANTS, 'jobs:' .. limits.tenant, 'bytes:' .. limits.tenant)
    local others = tonumber(sums[1] or '0') - (owner and 1 or 0)
    local many = not owner and others + 1 > limits.tenantJobs
    local much = tonumber(sums[2] or '0') + bytes - held > limits.tenantBytes
    if others > 0 and (many or much) then return 'tenant' end
  end
  if tonumber(redis.call('GET', TOTAL) or '0') + bytes - held > limits.all then return 'capacity' end
  if limits.pool ~= '' then
    local shared = tonumber(redis.call('HGET', TENANTS, 'pool:' .. limits.pool) or '0')
    if shared + bytes - held > limits.poolBytes then return 'capacity' end
  end
  if limits.seat ~= '' then
    local there = tonumber(redis.call('HGET', SHARDS, limits.seat) or '0')
    if there + bytes - held > limits.seatBytes then return 'seat' end
  end
  return nil
end
local function bookSeat(id, seat, more, isOver)
  if seat == '' then return end
  local jobs = '${incarnationKey('')}' .. seat
  redis.call(isOver and 'SREM' or 'SADD', jobs, id)
  redis.call('HINCRBY', SHARDS, seat, more)
  if isOver and redis.call('SCARD', jobs) == 0 then redis.call('HDEL', SHARDS, seat) end
end
local function book(id, bytes, tenant, seat, pool)
  local held, owner, place, shared = booking(id)
  if not owner and not bytes then return end
  local name = owner or tenant
  local more = (bytes or 0) - held
  if not owner then place, shared = seat or '', pool or '' end
  bookSeat(id, place, more, not bytes)
  redis.call('INCRBY', TOTAL, more)
  redis.call('HINCRBY', TENANTS, 'bytes:' .. name, more)
  if shared ~= '' and redis.call('HINCRBY', TENANTS, 'pool:' .. shared, more) <= 0 then
    redis.call('HDEL', TENANTS, 'pool:' .. shared)
  end
  if bytes then
    if not owner then redis.call('HINCRBY', TENANTS, 'jobs:' .. name, 1) end
    local at = place == '' and shared == '' and '' or ':' .. place .. (shared == '' and '' or ':' .. shared)
    redis.call('HSET', RESERVED, id, string.format('%.0f:%s%s', bytes, name, at))
  else
    redis.call('HDEL', RESERVED, id)
    if redis.call('HINCRBY', TENANTS, 'jobs:' .. name, -1) <= 0 then
      redis.call('HDEL', TENANTS, 'jobs:' .. name, 'bytes:' .. name)
    end
  end
end`;
