--[[
  Lists jobs whose deadline has passed, and cleans up after those whose record Redis has already dropped. A deadline
  beyond `maxDeadlineMs` was set before the server's clock was set back: that job gets the full lifetime of its state
  again, or what it promises, and BullMQ's key that limits its check for stalled jobs is deleted.

  KEYS[1] deadlines (zset)
  KEYS[2] reservations (hash)
  KEYS[3] sum of all reservations (string)
  KEYS[4] tenants (hash)
  KEYS[5] batch of each job (hash)
  KEYS[6] shards (hash)
  KEYS[7] BullMQ's stalled-check (string)

  ARGV[1] JSON
    limit          how many jobs to return at most
    maxDeadlineMs  farthest deadline from now that is possible
    lifetimesMs    lifetime of each living state

  Returns { id, … }
]]
local deadlines, stalledCheck = KEYS[1], KEYS[7]
local RESERVATIONS, RESERVED_TOTAL, TENANTS, BATCH_OF_JOB, SHARDS = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local args = cjson.decode(ARGV[1])
--- @include "time"
--- @include "reservations"
--- @include "batch-index"
--- @include "promises"

local now = currentTimeMs()

local function jobsDue(from, to)
  return redis.call('ZRANGEBYSCORE', deadlines, from, to, 'LIMIT', 0, args.limit)
end

for _, id in ipairs(jobsDue(now + args.maxDeadlineMs, '+inf')) do
  local record = jobRecordKey(id)
  local state = redis.call('HGET', record, 'state')
  redis.call('ZADD', deadlines, now + promisedLifetimeMs(record, state, args.lifetimesMs[state] or 0), id)
end
if redis.call('PTTL', stalledCheck) > args.maxDeadlineMs then redis.call('DEL', stalledCheck) end
local due = {}
for _, id in ipairs(jobsDue('-inf', now)) do
  if redis.call('EXISTS', jobRecordKey(id)) == 1 then
    due[#due + 1] = id
  else
    redis.call('ZREM', deadlines, id)
    release(id)
    recordState(id, 'expired', nil, now)
  end
end
return due
