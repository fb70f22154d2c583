--[[
  Opens, closes or cancels a batch. A cancelled batch keeps no record of its images.

  KEYS[1] batch of each job (hash)
  KEYS[2] batch (hash)
  KEYS[3] members of the batch (hash)
  KEYS[4] changes (zset)
  KEYS[5] members with a result (zset)
  KEYS[6] members that ended without a result (zset)

  ARGV[1] JSON
    batch   id
    change  'open', 'close' or 'cancel'
    set     to open: flat list of further fields and values
    lifeMs  lifetime without a change
    restMs  lifetime once no image of the batch can change

  Returns { field, value, … } of the batch after the change; {} when there is no such batch, or, to open, when there is
    one
]]
local BATCH_OF_JOB, batchHash = KEYS[1], KEYS[2]
local args = cjson.decode(ARGV[1])
local batch, change = args.batch, args.change
--- @include "time"
--- @include "batch-index"

local exists = redis.call('EXISTS', batchHash) == 1
if exists == (change == 'open') then return {} end
local now = currentTimeMs()
if change == 'open' then
  redis.call('HSET', batchHash, 'open', 1, 'total', 0, 'createdAt', now, 'lifeMs', args.lifeMs, 'restMs', args.restMs)
  if #args.set > 0 then redis.call('HSET', batchHash, unpack(args.set)) end
elseif change == 'cancel' then
  redis.call('DEL', KEYS[3], KEYS[4], KEYS[5], KEYS[6])
  redis.call('HSET', batchHash, 'open', 0, 'living', 0, 'cancelled', 1)
elseif redis.call('HGET', batchHash, 'open') == '1' then
  redis.call('HSET', batchHash, 'open', 0)
else
  return redis.call('HGETALL', batchHash)
end
publishBatch(batch, now, nextVersion(batch))
return redis.call('HGETALL', batchHash)
