--[[
  Lists the workers whose registration has not expired.

  KEYS[1] workers (zset)

  ARGV[1] JSON, empty object

  Returns { description, … }
]]
local workers = KEYS[1]
--- @include "time"

return redis.call('ZRANGEBYSCORE', workers, currentTimeMs(), '+inf')
