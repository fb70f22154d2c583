--[[
  Records that payload keys of a job have been deleted. The first record of a complete deletion sets the time of the
  purge and publishes it. A key that is deleted later moves this time: it is never earlier than the deletion of the last
  byte.

  KEYS[1] job record (hash)
  KEYS[2] deadlines (zset)

  ARGV[1] JSON
    id        job
    keys      number of keys that were deleted
    complete  true when nothing of the job is left

  Returns { 1, field, value, … } with the whole record after the change; { 0 } without a record
]]
local record, deadlines = KEYS[1], KEYS[2]
local args = cjson.decode(ARGV[1])
--- @include "time"
--- @include "keys"

local state = redis.call('HGET', record, 'state')
if not state then return { 0 } end
redis.call('HINCRBY', record, 'keysRemoved', args.keys)
local isFirst = args.complete and redis.call('HEXISTS', record, 'purgedAt') == 0
if isFirst or (args.complete and args.keys > 0) then redis.call('HSET', record, 'purgedAt', currentTimeMs()) end
if isFirst then
  redis.call('ZREM', deadlines, args.id)
  local version = redis.call('HINCRBY', record, 'version', 1)
  redis.call('PUBLISH', channelOf(args.id), '{"state":"' .. state .. '","version":' .. version .. '}')
end
local reply = redis.call('HGETALL', record)
table.insert(reply, 1, 1)
return reply
