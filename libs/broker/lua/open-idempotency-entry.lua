--[[
  Creates an idempotency entry unless it exists.

  KEYS[1] entry (hash)

  ARGV[1] JSON
    salt        of a new entry
    lifetimeMs  of a new entry

  Returns {} for a new entry; otherwise { field, value, … } of the existing one
]]
local entry = KEYS[1]
local args = cjson.decode(ARGV[1])

local existing = redis.call('HGETALL', entry)
if #existing > 0 then return existing end
redis.call('HSET', entry, 'salt', args.salt)
redis.call('PEXPIRE', entry, args.lifetimeMs)
return {}
