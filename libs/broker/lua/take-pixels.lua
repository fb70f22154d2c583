--[[
  Takes pixels from a bucket that refills steadily. It stores only the time at which the bucket is full again: the virtual
  scheduling form of the leaky bucket (ITU-T I.371, "GCRA"). A full bucket has no key. One image may overdraw the bucket;
  nothing is taken from an overdrawn one.

  KEYS[1] time in ms at which the bucket is full (string)

  ARGV[1] JSON
    windowMs  in which an empty bucket refills
    costMs    in which what is taken refills; 0 only reads

  Returns { 1, ms until it is full }; { 0, ms until it is full } when it is overdrawn and nothing was taken
]]
local bucket = KEYS[1]
local args = cjson.decode(ARGV[1])

-- Microseconds count here, so this is not includes/time.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local missing = math.max(0, tonumber(redis.call('GET', bucket) or '0') - now)
if missing >= args.windowMs then return { 0, math.ceil(missing) } end
if args.costMs > 0 then
  missing = missing + args.costMs
  redis.call('SET', bucket, string.format('%.3f', now + missing), 'PX', math.ceil(missing))
end
return { 1, math.ceil(missing) }
