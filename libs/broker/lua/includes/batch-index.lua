--[[
  The index of a batch: the state of each of its images, counts by state, and lists in the order of changes. The scripts
  that change a job update it in the same step, so its counts are exact and no reader visits every job.

  Needs the local BATCH_OF_JOB (key of the script) and includes/keys.

    checkMembership(membership)     nil, or the problem code that keeps a new image out of the batch. Membership: batch
                                    (its id), name (keyed hash of the custom id), sealedEntry, maxMembers
    addMember(id, membership, now)  adds a job to the batch. It replaces one of the same name that ended without a
                                    result
    recordState(id, to, code, now)  the job has entered state `to`; code: why it failed, or nil. Does nothing for a job
                                    without a batch, or without a change
    publishBatch(batch, now, version)  the last step of each change: publishes it and sets the lifetime: `lifeMs`, or
                                    `restMs` once no image of the batch can change
]]
--- @include "keys"

local LOST = { failed = true, cancelled = true, expired = true }
local LIVING = { queued = true, running = true, ready = true, delivering = true }

local function nextVersion(batch) return redis.call('HINCRBY', batchKey(batch, ''), 'version', 1) end

local function publishBatch(batch, now, version)
  local key = batchKey(batch, '')
  local fields = redis.call('HMGET', key, 'open', 'living', 'lifeMs', 'restMs', 'n:ready')
  local isOver = fields[1] ~= '1' and tonumber(fields[2] or '0') <= 0
  local lifetimeMs = tonumber(isOver and fields[4] or fields[3])
  redis.call('HSET', key, 'expiresAt', now + lifetimeMs)
  for _, part in ipairs(BATCH_PARTS) do redis.call('PEXPIRE', batchKey(batch, part), lifetimeMs) end
  local notice = '{"version":%d,"ready":%d,"over":%s}'
  redis.call('PUBLISH', channelOf(batch), notice:format(version, tonumber(fields[5] or '0'), tostring(isOver)))
end

local function addToCount(batch, state, number)
  redis.call('HINCRBY', batchKey(batch, ''), 'n:' .. state, number)
  if LIVING[state] then redis.call('HINCRBY', batchKey(batch, ''), 'living', number) end
end

local function memberState(batch, id)
  local entry = redis.call('HGET', batchKey(batch, ':members'), 'is:' .. id)
  return entry and string.match(entry, '^[^:]+')
end

-- Moves a member to the end of the lists that it belongs to.
local function listMember(batch, id, now)
  local version = nextVersion(batch)
  local state = memberState(batch, id)
  redis.call('ZADD', batchKey(batch, ':changes'), version, id)
  redis.call('ZREM', batchKey(batch, ':ready'), id)
  if state == 'ready' then redis.call('ZADD', batchKey(batch, ':ready'), version, id) end
  if LOST[state] then redis.call('ZADD', batchKey(batch, ':lost'), version, id) end
  publishBatch(batch, now, version)
end

local function checkMembership(membership)
  local batch = membership.batch
  local fields = redis.call('HMGET', batchKey(batch, ''), 'open', 'total', 'cancelled')
  if not fields[1] then return 'batch-not-found' end
  if fields[3] then return 'batch-cancelled' end
  if fields[1] ~= '1' then return 'batch-closed' end
  local previous = redis.call('HGET', batchKey(batch, ':members'), 'by:' .. membership.name)
  local state = previous and memberState(batch, previous)
  if state then return not LOST[state] and 'custom-id-taken' or nil end
  if tonumber(fields[2]) >= membership.maxMembers then return 'batch-full' end
  return nil
end

local function addMember(id, membership, now)
  local batch, byName = membership.batch, 'by:' .. membership.name
  local members = batchKey(batch, ':members')
  local previous = redis.call('HGET', members, byName)
  if previous then
    addToCount(batch, memberState(batch, previous), -1)
    redis.call('HDEL', members, 'is:' .. previous, 'of:' .. previous)
    redis.call('ZREM', batchKey(batch, ':changes'), previous)
    redis.call('ZREM', batchKey(batch, ':lost'), previous)
  else
    redis.call('HINCRBY', batchKey(batch, ''), 'total', 1)
  end
  redis.call('HSET', members, byName, id, 'of:' .. id, membership.sealedEntry, 'is:' .. id, 'queued')
  redis.call('HSET', BATCH_OF_JOB, id, batch)
  addToCount(batch, 'queued', 1)
  listMember(batch, id, now)
end

local function recordState(id, to, code, now)
  local batch = redis.call('HGET', BATCH_OF_JOB, id)
  if not batch then return end
  local from = memberState(batch, id)
  if from == to then return end
  if not LIVING[to] or not from then redis.call('HDEL', BATCH_OF_JOB, id) end
  if not from then return end
  redis.call('HSET', batchKey(batch, ':members'), 'is:' .. id, code and to .. ':' .. code or to)
  addToCount(batch, from, -1)
  addToCount(batch, to, 1)
  listMember(batch, id, now)
end
