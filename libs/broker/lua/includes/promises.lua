--[[
  What a client has shortened: fields of a job's record, in milliseconds.

    promisedLifetimeMs(record, state, lifetimeMs)  the lifetime of a state, at most what the record promises
]]
local PROMISE_OF_STATE = { queued = 'startMs', ready = 'keepMs' }

local function promisedLifetimeMs(record, state, lifetimeMs)
  local field = PROMISE_OF_STATE[state]
  local promised = field and redis.call('HGET', record, field)
  return promised and math.min(lifetimeMs, tonumber(promised)) or lifetimeMs
end
