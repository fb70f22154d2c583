import type { Redis } from 'ioredis';
import { SHARDS_KEY, SHARDS_SEEN_KEY } from '../redis/redis-keys.js';
import type { PayloadShard } from './payload-shard.js';
import type { ShardIncarnation } from '../records/shard-incarnation.js';

const LOOK_EVERY_MS = 1000;

/** A life of a shard that no process has had an answer from for so long is over. */
const PATIENCE_MS = 5000;

/** The same when its server answers, in another life: long enough for two looks of everybody. */
const REPLACED_MS = 2000;

/** Looks in a row that must agree: a control Redis that stood still makes all that was seen look old. */
const STRIKES = 2;

/** How long a life that holds nothing any more is remembered at least. */
const FORGET_MS = 60_000;

/**
 * Notes which lives of shards have answered, and tells which of those that hold jobs are over. All processes write
 * into the same list: one that is cut off from a shard gives up nothing that others can still reach.
 *
 * KEYS  1 seen (zset)  2 shards (hash)
 * ARGV  1 ms of silence after which a life is over  2 the same when another life of that shard answers
 *       3 ms after which an empty one is forgotten  4 … seats that have answered this process
 * RETURNS {seat, …} that are over
 */
const SEEN = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lives = {}
for i = 4, #ARGV do
  redis.call('ZADD', KEYS[1], now, ARGV[i])
  lives[string.match(ARGV[i], '^[^.]*')] = ARGV[i]
end
local over = {}
local held = redis.call('HGETALL', KEYS[2])
if #held == 0 then redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3]) end
for i = 1, #held, 2 do
  local seat = held[i]
  local at = redis.call('ZSCORE', KEYS[1], seat)
  local life = lives[string.match(seat, '^[^.]*')]
  local patience = tonumber(life and life ~= seat and ARGV[2] or ARGV[1])
  if not at then
    redis.call('ZADD', KEYS[1], now, seat)
  elseif now - at > patience then
    over[#over + 1] = seat
  end
end
return over`;

interface SeenRedis extends Redis {
  rbSeen(...args: (string | number)[]): Promise<ShardIncarnation[]>;
}

/** Looks after the payload shards of this process, once a second. */
export class ShardWatch {
  private readonly control: SeenRedis;
  private readonly strikes = new Map<ShardIncarnation, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    control: Redis,
    private readonly shards: readonly PayloadShard[],
  ) {
    control.defineCommand('rbSeen', { numberOfKeys: 2, lua: SEEN });
    this.control = control as SeenRedis;
  }

  /** Begins to look. */
  start(): void {
    this.timer ??= setInterval(() => void this.look().catch(() => undefined), LOOK_EVERY_MS);
  }

  /** Stops looking. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** True when all that was on that seat is given up. */
  isLost(seat: ShardIncarnation): boolean {
    return (this.strikes.get(seat) ?? 0) >= STRIKES;
  }

  /** Seats with jobs that are given up. */
  lost(): ShardIncarnation[] {
    return [...this.strikes.keys()].filter((seat) => this.isLost(seat));
  }

  /** One look. @throws whatever the control Redis answers with */
  async look(): Promise<void> {
    const seen = (await Promise.all(this.shards.map((shard) => shard.check()))).filter(
      (seat) => seat !== undefined,
    );
    const limits = [PATIENCE_MS, REPLACED_MS, FORGET_MS];
    const over = await this.control.rbSeen(SHARDS_SEEN_KEY, SHARDS_KEY, ...limits, ...seen);
    for (const seat of this.strikes.keys()) if (!over.includes(seat)) this.strikes.delete(seat);
    for (const seat of over) this.strikes.set(seat, (this.strikes.get(seat) ?? 0) + 1);
  }
}
