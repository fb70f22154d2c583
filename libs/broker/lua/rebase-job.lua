--[[
  Start-time fair queueing: corrects the priority of a job that was queued with one from before the base advanced.

  KEYS[1] virtual time and base (hash)
  KEYS[2] waiting jobs (hash)
  KEYS[3] BullMQ's prioritized (zset)

  ARGV[1] JSON
    id           job
    maxPriority  BullMQ's largest priority
    scoreStep    see includes/start-tags

  Returns 1
]]
local clock, waitingJobs, prioritized = KEYS[1], KEYS[2], KEYS[3]
local args = cjson.decode(ARGV[1])
--- @include "start-tags"

local entry = redis.call('HGET', waitingJobs, args.id)
if entry then
  local base = tonumber(redis.call('HGET', clock, 'base') or '0')
  updatePriority(prioritized, args.id, entry, base, args)
end
return 1
