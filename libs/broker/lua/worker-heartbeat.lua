--[[
  Registers a worker, or renews its registration. Removes workers whose registration has expired.

  KEYS[1] workers (zset)

  ARGV[1] JSON
    worker      the worker's description, JSON
    lifetimeMs  until the registration expires

  Returns nil
]]
local workers = KEYS[1]
local args = cjson.decode(ARGV[1])
--- @include "time"

local now = currentTimeMs()
redis.call('ZADD', workers, now + args.lifetimeMs, args.worker)
redis.call('ZREMRANGEBYSCORE', workers, '-inf', now)
redis.call('PEXPIRE', workers, 10 * args.lifetimeMs)
