--[[
  Start-time fair queueing: assigns a job its start tag, the finish tag of its tenant's job before it, or the virtual
  time if that is later. The state starts over when no job waits or runs. The base of priorities advances when no job
  waits, or when priorities would exceed `maxPriority`.

  KEYS[1] virtual time and base (hash: now, base)
  KEYS[2] finish tags of tenants (zset)
  KEYS[3] waiting jobs (hash: start tag, weighted cost, tenant)
  KEYS[4] BullMQ's prioritized (zset)
  KEYS[5] BullMQ's active (list)

  ARGV[1] JSON
    id            job
    tenant        id
    weightedCost  virtual time that the job takes, as text
    maxPriority   BullMQ's largest priority
    scoreStep     see includes/start-tags
    lifetimeMs    of the state without a change

  Returns the priority of the job
]]
local clock, finishTags, waitingJobs, prioritized, active = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local args = cjson.decode(ARGV[1])
local tenant, weightedCost, maxPriority = args.tenant, args.weightedCost, args.maxPriority
--- @include "start-tags"

local isIdle = redis.call('HLEN', waitingJobs) == 0
if isIdle and redis.call('LLEN', active) == 0 then redis.call('DEL', clock, finishTags) end
local fields = redis.call('HMGET', clock, 'now', 'base')
local now, base = tonumber(fields[1] or '0'), tonumber(fields[2] or '0')
local start = math.max(now, tonumber(redis.call('ZSCORE', finishTags, tenant) or '0'))
local isExhausted = math.floor(start - base) + 1 > maxPriority and base < math.floor(now)
if isIdle or isExhausted then
  base = math.floor(now)
  redis.call('HSET', clock, 'base', base)
end
if isExhausted and not isIdle then
  local waiting = redis.call('HGETALL', waitingJobs)
  for i = 1, #waiting, 2 do updatePriority(prioritized, waiting[i], waiting[i + 1], base, args) end
end
redis.call('ZADD', finishTags, start + weightedCost, tenant)
redis.call('HSET', waitingJobs, args.id, string.format('%.17g %s %s', start, weightedCost, tenant))
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], args.lifetimeMs) end
return priorityOf(start, base, maxPriority)
