--[[
  Start tags of fair queueing as BullMQ priorities. A start tag is a virtual time; BullMQ takes whole priorities from 1
  to `maxPriority`, so priorities count from a base that advances. BullMQ orders waiting jobs by
  `priority * scoreStep + counter`.

    priorityOf(start, base, maxPriority)   priority of a start tag
    updatePriority(prioritized, id, entry, base, options)  sets the priority that the job's start tag has under `base`
                                           and keeps its counter. Options: maxPriority, scoreStep
]]
local function priorityOf(start, base, maxPriority)
  return math.max(1, math.min(maxPriority, math.floor(start - base) + 1))
end

local function updatePriority(prioritized, id, entry, base, options)
  local score = redis.call('ZSCORE', prioritized, id)
  if not score then return end
  local start = tonumber(string.match(entry, '^%S+'))
  local priority = priorityOf(start, base, options.maxPriority)
  redis.call('ZADD', prioritized, priority * options.scoreStep + tonumber(score) % options.scoreStep, id)
end
