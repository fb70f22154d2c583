--[[
  Records which shard incarnations have answered this process, and lists those with jobs that are lost. All processes
  share the record: a process that is cut off from a shard fails no jobs that others can still reach.

  KEYS[1] last answer of each incarnation (zset)
  KEYS[2] shards (hash)

  ARGV[1] JSON
    answered    incarnations that have answered this process
    silenceMs   silence after which an incarnation is lost
    replacedMs  the same when another incarnation of its shard answers
    forgetMs    silence after which an incarnation without jobs is forgotten

  Returns { incarnation, … }
]]
local lastAnswers, shards = KEYS[1], KEYS[2]
local args = cjson.decode(ARGV[1])
--- @include "time"

local function shardOf(incarnation) return string.match(incarnation, '^[^.]*') end

local now = currentTimeMs()
local current = {}
for _, incarnation in ipairs(args.answered) do
  redis.call('ZADD', lastAnswers, now, incarnation)
  current[shardOf(incarnation)] = incarnation
end
local lost = {}
local reserved = redis.call('HGETALL', shards)
if #reserved == 0 then redis.call('ZREMRANGEBYSCORE', lastAnswers, '-inf', now - args.forgetMs) end
for i = 1, #reserved, 2 do
  local incarnation = reserved[i]
  local answeredAt = redis.call('ZSCORE', lastAnswers, incarnation)
  local successor = current[shardOf(incarnation)]
  local limitMs = successor and successor ~= incarnation and args.replacedMs or args.silenceMs
  if not answeredAt then
    redis.call('ZADD', lastAnswers, now, incarnation)
  elseif now - answeredAt > limitMs then
    lost[#lost + 1] = incarnation
  end
end
return lost
