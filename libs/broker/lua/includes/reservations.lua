--[[
  Memory that living jobs have reserved: one entry a job, and the sums of all jobs, of each tenant, of each pool of
  tenants, and of each shard incarnation. Sums change only together with an entry, so removing an entry subtracts
  exactly what it had added, once.

  Needs the locals RESERVATIONS, RESERVED_TOTAL, TENANTS, SHARDS (keys of the script) and includes/keys.

    getReservation(id)                  bytes, tenant, incarnation, pool; 0, nil, '', '' without an entry
    checkLimits(id, bytes, reservation) nil, or the limit that `bytes` would exceed: 'tenant', 'capacity' or 'shard'. Reservation, each limit optional: totalLimit;
                                        tenant { id, maxBytes, maxJobs, pool { name, maxBytes } };
                                        shard { incarnation, maxBytes }. The limits of a tenant do not apply to its
                                        only job.
    reserve(id, bytes, reservation)     sets the job's reservation. Its tenant, pool and shard are those of its first.
    release(id)                         removes the entry.
]]
--- @include "keys"

local function getReservation(id)
  local entry = redis.call('HGET', RESERVATIONS, id)
  if not entry then return 0, nil, '', '' end
  local bytes, tenant, incarnation, pool = string.match(entry, '^(%d+):([^:]*):?([^:]*):?(.*)$')
  return tonumber(bytes), tenant, incarnation, pool
end

local function exceedsTenantLimit(tenant, isNew, addedBytes)
  local sums = redis.call('HMGET', TENANTS, 'jobs:' .. tenant.id, 'bytes:' .. tenant.id)
  local otherJobs = tonumber(sums[1] or '0') - (isNew and 0 or 1)
  if otherJobs <= 0 then return false end
  return (isNew and otherJobs + 1 > tenant.maxJobs) or tonumber(sums[2] or '0') + addedBytes > tenant.maxBytes
end

local function checkLimits(id, bytes, reservation)
  local held, owner = getReservation(id)
  if bytes <= held then return nil end
  local added = bytes - held
  local tenant, shard = reservation.tenant, reservation.shard
  if tenant and exceedsTenantLimit(tenant, not owner, added) then return 'tenant' end
  if tonumber(redis.call('GET', RESERVED_TOTAL) or '0') + added > reservation.totalLimit then return 'capacity' end
  local pool = tenant and tenant.pool
  if pool and tonumber(redis.call('HGET', TENANTS, 'pool:' .. pool.name) or '0') + added > pool.maxBytes then
    return 'capacity'
  end
  if shard and tonumber(redis.call('HGET', SHARDS, shard.incarnation) or '0') + added > shard.maxBytes then
    return 'shard'
  end
  return nil
end

local function addToSums(tenant, pool, bytes)
  redis.call('INCRBY', RESERVED_TOTAL, bytes)
  redis.call('HINCRBY', TENANTS, 'bytes:' .. tenant, bytes)
  if pool ~= '' and redis.call('HINCRBY', TENANTS, 'pool:' .. pool, bytes) <= 0 then
    redis.call('HDEL', TENANTS, 'pool:' .. pool)
  end
end

local function reserve(id, bytes, reservation)
  local held, tenant, incarnation, pool = getReservation(id)
  if not tenant then
    tenant = reservation.tenant and reservation.tenant.id or ''
    incarnation = reservation.shard and reservation.shard.incarnation or ''
    pool = reservation.tenant and reservation.tenant.pool and reservation.tenant.pool.name or ''
    redis.call('HINCRBY', TENANTS, 'jobs:' .. tenant, 1)
  end
  if incarnation ~= '' then
    redis.call('SADD', incarnationKey(incarnation), id)
    redis.call('HINCRBY', SHARDS, incarnation, bytes - held)
  end
  addToSums(tenant, pool, bytes - held)
  local suffix = incarnation == '' and pool == '' and '' or ':' .. incarnation .. (pool == '' and '' or ':' .. pool)
  redis.call('HSET', RESERVATIONS, id, string.format('%.0f:%s%s', bytes, tenant, suffix))
end

local function release(id)
  local held, tenant, incarnation, pool = getReservation(id)
  if not tenant then return end
  redis.call('HDEL', RESERVATIONS, id)
  -- Not `-held`: Redis reads -0 as no integer.
  local added = 0 - held
  if incarnation ~= '' then
    redis.call('SREM', incarnationKey(incarnation), id)
    redis.call('HINCRBY', SHARDS, incarnation, added)
    if redis.call('SCARD', incarnationKey(incarnation)) == 0 then redis.call('HDEL', SHARDS, incarnation) end
  end
  addToSums(tenant, pool, added)
  if redis.call('HINCRBY', TENANTS, 'jobs:' .. tenant, -1) <= 0 then
    redis.call('HDEL', TENANTS, 'jobs:' .. tenant, 'bytes:' .. tenant)
  end
end
