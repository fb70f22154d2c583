--[[
  Completes or deletes an idempotency entry if it still has this salt.

  KEYS[1] entry (hash)

  ARGV[1] JSON
    salt         of the entry
    fingerprint  optional: of the upload; without one the entry is deleted
    lifetimeMs   of the completed entry

  Returns 1; 0 when the entry does not exist or has another salt
]]
local entry = KEYS[1]
local args = cjson.decode(ARGV[1])

if redis.call('HGET', entry, 'salt') ~= args.salt then return 0 end
if args.fingerprint then
  redis.call('HSET', entry, 'print', args.fingerprint)
  redis.call('PEXPIRE', entry, args.lifetimeMs)
else
  redis.call('DEL', entry)
end
return 1
