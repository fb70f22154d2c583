--[[
  Start-time fair queueing: a job will not be started. Its weighted cost is subtracted from its tenant's finish tag.

  KEYS[1] finish tags of tenants (zset)
  KEYS[2] waiting jobs (hash)

  ARGV[1] JSON
    id  job

  Returns 1
]]
local finishTags, waitingJobs = KEYS[1], KEYS[2]
local args = cjson.decode(ARGV[1])

local entry = redis.call('HGET', waitingJobs, args.id)
if not entry then return 1 end
redis.call('HDEL', waitingJobs, args.id)
local weightedCost, tenant = string.match(entry, '^%S+ (%S+) (%S+)$')
local finish = redis.call('ZSCORE', finishTags, tenant)
if finish then redis.call('ZADD', finishTags, finish - weightedCost, tenant) end
return 1
