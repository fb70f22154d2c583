--[[
  Keys and channels that follow from an id. `broker-keys.ts` builds the same names; an integration test compares both.
]]
local BATCH_PARTS = { '', ':members', ':changes', ':ready', ':lost' }

local function jobRecordKey(id) return 'rb:{' .. id .. '}:job' end

local function batchKey(batch, part) return 'rb:{' .. batch .. '}:batch' .. part end

local function incarnationKey(incarnation) return 'rb:shard:' .. incarnation end

-- Of a job or of a batch.
local function channelOf(id) return 'rb:ch:' .. id end
