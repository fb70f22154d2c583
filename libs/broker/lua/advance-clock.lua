--[[
  Start-time fair queueing: a worker has started a job. The virtual time advances to its start tag, and finish tags up to
  that time are dropped. A job that is started again changes nothing.

  KEYS[1] virtual time and base (hash)
  KEYS[2] finish tags of tenants (zset)
  KEYS[3] waiting jobs (hash)

  ARGV[1] JSON
    id          job
    lifetimeMs  of the state without a change

  Returns 1
]]
local clock, finishTags, waitingJobs = KEYS[1], KEYS[2], KEYS[3]
local args = cjson.decode(ARGV[1])

local entry = redis.call('HGET', waitingJobs, args.id)
if not entry then return 1 end
redis.call('HDEL', waitingJobs, args.id)
local start = tonumber(string.match(entry, '^%S+'))
local now = math.max(start, tonumber(redis.call('HGET', clock, 'now') or '0'))
redis.call('ZREMRANGEBYSCORE', finishTags, '-inf', now)
redis.call('HSET', clock, 'now', string.format('%.17g', now))
redis.call('PEXPIRE', clock, args.lifetimeMs)
return 1
