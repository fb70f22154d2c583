import type { Redis } from 'ioredis';
import type { Settings } from '#settings/settings.schema.js';

/** What the live configuration of Redis must say, and what would be kept otherwise. */
const RULES: readonly [key: string, holds: (value: string) => boolean, why: string][] = [
  ['save', (value) => value === '', 'snapshots would write images to disk (save "")'],
  [
    'appendonly',
    (value) => value === 'no',
    'the append-only file would write images to disk (appendonly no)',
  ],
  ['maxmemory', (value) => Number(value) > 0, 'memory is not bounded (maxmemory)'],
  ['maxmemory-policy', (value) => value === 'noeviction', 'running jobs could be evicted (noeviction)'],
  ['slowlog-max-len', (value) => value === '0', 'slow commands would be remembered (slowlog-max-len 0)'],
];

/** Redis could keep or lose what passes through it. */
export class RetentionGuardError extends Error {
  override readonly name = 'RetentionGuardError';
}

/** Reasons for which the server behind `redis` must not be used; empty when it complies. */
export async function retentionFaults(redis: Redis): Promise<string[]> {
  const flat = (await redis.config('GET', ...(RULES.map(([key]) => key) as [string])));
  const live = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) live.set(String(flat[i]), String(flat[i + 1]));
  return RULES.filter(([key, holds]) => !holds(live.get(key) ?? '')).map(([, , why]) => why);
}

/** Bytes that images may take: 60 % of the server's memory cap, the rest is headroom. */
export async function imageCapacity(redis: Redis): Promise<number> {
  const [, maxmemory] = (await redis.config('GET', 'maxmemory'));
  const cap = Number(maxmemory);
  return Math.floor((cap > 0 ? cap : 2 ** 31) * 0.6);
}

/**
 * Refuses to work on a Redis that contradicts redis.conf.
 * @returns the faults found when the operator chose to be warned only
 * @throws RetentionGuardError naming each fault
 */
export async function guardRetention(redis: Redis, mode: Settings['RETENTION_GUARD']): Promise<string[]> {
  const faults = await retentionFaults(redis);
  if (faults.length > 0 && mode === 'enforce') {
    const list = faults.map((fault) => `  - ${fault}`).join('\n');
    throw new RetentionGuardError(
      `This Redis could keep what it must not; start it with redis.conf, or set RETENTION_GUARD=warn:\n${list}`,
    );
  }
  return faults;
}
