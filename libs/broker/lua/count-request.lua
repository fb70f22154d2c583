--[[
  Counts a request in a fixed window that opens with the first request. A window with more time left than its length was
  opened before the server's clock was set back; it gets its full length.

  KEYS[1] requests in the window (string)

  ARGV[1] JSON
    windowMs  length of the window

  Returns { requests in the window, ms until it closes }
]]
local counter = KEYS[1]
local args = cjson.decode(ARGV[1])

local requests = redis.call('INCR', counter)
local leftMs = redis.call('PTTL', counter)
if requests > 1 and leftMs <= args.windowMs then return { requests, leftMs } end
redis.call('PEXPIRE', counter, args.windowMs)
return { requests, args.windowMs }
