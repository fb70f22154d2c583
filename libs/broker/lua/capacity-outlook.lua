--[[
  Estimates when enough reservations end for `bytes` to be free. A job that waits or runs ends when it is done, at the
  latest at its deadline; an upload, a result and a delivery end at their deadlines.

  KEYS[1] deadlines (zset)
  KEYS[2] reservations (hash)

  ARGV[1] JSON
    limit    how many jobs to read, those with the earliest deadlines
    bytes    that must be free
    tenant   optional: counts the jobs of this tenant only
    queueMs  time until a job in the queue is likely done

  Returns milliseconds; 0 without reservations
]]
local deadlines, reservations = KEYS[1], KEYS[2]
local args = cjson.decode(ARGV[1])
--- @include "time"
--- @include "keys"

local now = currentTimeMs()
local ends = {}
local due = redis.call('ZRANGE', deadlines, 0, args.limit - 1, 'WITHSCORES')
for i = 1, #due, 2 do
  local id, deadline = due[i], tonumber(due[i + 1])
  local entry = redis.call('HGET', reservations, id)
  local bytes, tenant = string.match(entry or '', '^(%d+):([^:]*)')
  if bytes and (not args.tenant or tenant == args.tenant) then
    local ms = math.max(0, deadline - now)
    local state = redis.call('HGET', jobRecordKey(id), 'state')
    if state == 'queued' or state == 'running' then ms = math.min(ms, args.queueMs) end
    ends[#ends + 1] = { ms = ms, bytes = tonumber(bytes) }
  end
end
table.sort(ends, function(a, b) return a.ms < b.ms end)
local free, afterMs = 0, 0
for _, reservation in ipairs(ends) do
  free, afterMs = free + reservation.bytes, reservation.ms
  if free >= args.bytes then break end
end
return math.ceil(afterMs)
