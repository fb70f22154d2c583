/**
 * Lua that keeps the sums of what living jobs have reserved: of all, and of each tenant. Put before a script that
 * has `RESERVED`, `TOTAL` and `TENANTS` as names of the three keys. Sums change in no other way, always together
 * with the entry of the job they stem from, so that whatever removes an entry gives back exactly what it held, once.
 *
 *   booking(id)              bytes and tenant of a job; 0 and nil when it has no entry
 *   fits(id, bytes, limits)  nil, or why the job may not hold that much: 'tenant' | 'capacity'. A tenant's only job
 *                            is measured against the whole alone: it could never be done otherwise. Limits: cap on
 *                            all, bytes; tenant or '' for none; most bytes and most jobs of the tenant
 *   book(id, bytes, tenant)  makes a job hold that much, or, with nil, nothing any more. A job keeps its tenant
 */
export const BOOKKEEPING = `
local function booking(id)
  local entry = redis.call('HGET', RESERVED, id)
  if not entry then return 0, nil end
  local bytes, tenant = string.match(entry, '^(%d+):(.*)$')
  return tonumber(bytes), tenant
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
  return nil
end
local function book(id, bytes, tenant)
  local held, owner = booking(id)
  if not owner and not bytes then return end
  local name = owner or tenant
  local more = (bytes or 0) - held
  redis.call('INCRBY', TOTAL, more)
  redis.call('HINCRBY', TENANTS, 'bytes:' .. name, more)
  if bytes then
    if not owner then redis.call('HINCRBY', TENANTS, 'jobs:' .. name, 1) end
    redis.call('HSET', RESERVED, id, string.format('%.0f:%s', bytes, name))
  else
    redis.call('HDEL', RESERVED, id)
    if redis.call('HINCRBY', TENANTS, 'jobs:' .. name, -1) <= 0 then
      redis.call('HDEL', TENANTS, 'jobs:' .. name, 'bytes:' .. name)
    end
  end
end`;
