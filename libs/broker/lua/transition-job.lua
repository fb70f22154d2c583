--[[
  Moves a job from one state to another. No other script changes the state of a job. It gets no payload and no payload
  key: Lua keeps argument strings, payload may be on another server, and the users of redis.conf have no right to
  payload keys in scripts.

  KEYS[1] job record (hash)
  KEYS[2] deadlines (zset)
  KEYS[3] reservations (hash)
  KEYS[4] sum of all reservations (string)
  KEYS[5] tenants (hash)
  KEYS[6] batch of each job (hash); the keys of the batch follow from its id
  KEYS[7] shards (hash); the set of a shard's jobs follows from its incarnation

  ARGV[1] JSON
    id          job
    from        states in which the change is allowed; '' is a job without a record
    to          new state
    lifetimeMs  of the new state; a promise of the job may shorten it
    marginMs    how much longer Redis keeps the record; in a terminal state: after what time the sweeper checks that
                the purge was finished
    terminal    true when `to` is a terminal state
    fence       optional: { field, value } that must match the record
    inTime      optional: true when a change to another state is refused once the deadline of the present one has passed
    count       optional: { field, increment }
    reserve     optional: { bytes, roomForBytes } and the limits of includes/reservations. There must be room for
                `roomForBytes` where that is more than `bytes`
    member      optional: membership of a batch, see includes/batch-index
    set         flat list of fields and values
    drop        list of fields

  Returns { 1, field, value, … } with the whole record after the change. When nothing was changed: { 0, state } if the
    change is not allowed in this state; { 0, 'fenced' }; { 0, 'late' }; { 0, limit } with the limit that the reservation exceeds:
    'tenant', 'capacity' or 'shard'; { 0, code } with the problem code for which the batch refuses the job
]]
local record, deadlines = KEYS[1], KEYS[2]
local RESERVATIONS, RESERVED_TOTAL, TENANTS, BATCH_OF_JOB, SHARDS = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local args = cjson.decode(ARGV[1])
local id, to = args.id, args.to
local fence, count, reservation, member = args.fence, args.count, args.reserve, args.member
--- @include "time"
--- @include "reservations"
--- @include "batch-index"
--- @include "promises"

local function isAllowed(state)
  for _, from in ipairs(args.from) do
    if from == state then return true end
  end
  return false
end

local now = currentTimeMs()
local state = redis.call('HGET', record, 'state') or ''
if not isAllowed(state) then return { 0, state } end
if fence and redis.call('HGET', record, fence[1]) ~= fence[2] then return { 0, 'fenced' } end
if args.inTime and state ~= to and now >= tonumber(redis.call('HGET', record, 'deadlineAt')) then return { 0, 'late' } end
local refusal = reservation and checkLimits(id, math.max(reservation.bytes, reservation.roomForBytes), reservation)
if not refusal and member then refusal = checkMembership(member) end
if refusal then return { 0, refusal } end

if #args.drop > 0 then redis.call('HDEL', record, unpack(args.drop)) end
if #args.set > 0 then redis.call('HSET', record, unpack(args.set)) end
if state == '' then redis.call('HSET', record, 'acceptedAt', now) end
if to == 'queued' then redis.call('HSET', record, 'queuedAt', now) end
if count then redis.call('HINCRBY', record, count[1], count[2]) end
local isChange = to ~= state or count ~= nil
local version = redis.call('HINCRBY', record, 'version', isChange and 1 or 0)
local lifetimeMs = promisedLifetimeMs(record, to, args.lifetimeMs)
redis.call('HSET', record, 'state', to, 'deadlineAt', now + lifetimeMs)
if args.terminal then
  redis.call('HSET', record, 'endedAt', now)
  redis.call('PEXPIRE', record, lifetimeMs)
  redis.call('ZADD', deadlines, now + args.marginMs, id)
  release(id)
else
  redis.call('PEXPIRE', record, lifetimeMs + args.marginMs)
  redis.call('ZADD', deadlines, now + lifetimeMs, id)
  if reservation then reserve(id, reservation.bytes, reservation) end
end
if member then
  addMember(id, member, now)
else
  recordState(id, to, redis.call('HGET', record, 'code'), now)
end
if isChange then
  redis.call('PUBLISH', channelOf(id), '{"state":"' .. to .. '","version":' .. version .. '}')
end
local reply = redis.call('HGETALL', record)
table.insert(reply, 1, 1)
return reply
