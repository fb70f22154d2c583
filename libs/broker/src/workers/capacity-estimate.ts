import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import type { Tenant } from '#contracts/tenant.js';
import { DEADLINES_KEY, recordKey, RESERVATIONS_KEY } from '../redis/redis-keys.js';
import type { WorkerRegistry } from './worker-registry.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** Jobs that one look takes into account: those whose time runs out first. */
const MAX_JOBS = 500;

/** A refusal is answered from the last look if that is not older: refusals come in crowds. */
const FRESH_MS = 1000;

const MAX_RETRY_AFTER_S = 120;

/**
 * When reservations end, soonest first, until so many bytes are free. A job that waits or is worked on ends when its turn
 * has come; an upload, a result that nobody has fetched, and a delivery, when their time runs out.
 *
 * KEYS  1 deadlines (zset)  2 reservations (hash)
 * ARGV  1 prefix of record keys up to the id  2 suffix after it  3 most jobs to look at  4 bytes that are wanted
 *       5 tenant whose jobs count alone, or ''  6 ms until a job in the queue is likely done
 * RETURNS ms; 0 when there is no reservation
 */
const FREED_AFTER = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = {}
local due = redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1, 'WITHSCORES')
for i = 1, #due, 2 do
  local entry = redis.call('HGET', KEYS[2], due[i])
  local bytes, tenant = string.match(entry or '', '^(%d+):([^:]*)')
  if bytes and (ARGV[5] == '' or tenant == ARGV[5]) then
    local ms = math.max(0, tonumber(due[i + 1]) - now)
    local state = redis.call('HGET', ARGV[1] .. due[i] .. ARGV[2], 'state')
    if state == 'queued' or state == 'running' then ms = math.min(ms, tonumber(ARGV[6])) end
    ends[#ends + 1] = { ms, tonumber(bytes) }
  end
end
table.sort(ends, function(a, b) return a[1] < b[1] end)
local free, after = 0, 0
for _, each in ipairs(ends) do
  free, after = free + each[2], each[1]
  if free >= tonumber(ARGV[4]) then break end
end
return math.ceil(after)`;

interface CapacityRedis extends Redis {
  rbFreedAfter(...args: (string | number)[]): Promise<number>;
}

/** Estimates when a client that was refused for lack of memory can try again. */
export class CapacityEstimator {
  private readonly redis: CapacityRedis;
  private readonly looks = new Map<string, { at: number; retryAfterS: Promise<number> }>();

  constructor(
    redis: Redis,
    private readonly pace: WorkerRegistry,
  ) {
    redis.defineCommand('rbFreedAfter', { numberOfKeys: 2, lua: FREED_AFTER });
    this.redis = redis as CapacityRedis;
  }

  /**
   * Whole seconds after which `bytes` are likely free: of all reservations, or of those of a tenant that has as much as
   * it may. @throws Problem `broker-unavailable`
   */
  async retryAfterS(bytes: number, tenant?: Tenant['id']): Promise<number> {
    const now = Date.now();
    for (const [name, { at }] of this.looks) if (now - at > FRESH_MS) this.looks.delete(name);
    const name = tenant ?? '';
    const look = this.looks.get(name) ?? { at: now, retryAfterS: this.look(bytes, tenant) };
    this.looks.set(name, look);
    return look.retryAfterS;
  }

  private async look(bytes: number, tenant: string | undefined): Promise<number> {
    const [head, tail] = recordKey('\n' as JobId).split('\n') as [string, string];
    const { retryAfterS, turnAfterS } = await this.pace.outlook();
    const turnMs = 1000 * (tenant === undefined ? retryAfterS : turnAfterS);
    const freedAfterMs = await mapRedisErrors(() =>
      this.redis.rbFreedAfter(
        ...[DEADLINES_KEY, RESERVATIONS_KEY, head, tail],
        ...[MAX_JOBS, bytes, tenant ?? '', turnMs],
      ),
    );
    return Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(freedAfterMs / 1000)));
  }
}
