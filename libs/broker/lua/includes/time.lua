--[[
  Redis' clock. Clocks of the API and of workers may differ, so scripts use no other.

    currentTimeMs()  milliseconds since the epoch, whole
]]
local function currentTimeMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
