import type { Redis } from 'ioredis';
import { limitFacts } from '#retention/process-checks.js';
import type { RetentionFact } from '#retention/retention-facts.js';
import { REDIS_USERS } from './redis-acl.js';
import { REDIS_EXPECTATIONS } from './redis-config-checks.js';
import { mapRedisErrors } from './redis-errors.js';
import { PROBE_KEY } from './redis-keys.js';
import { hasExactRights, userFlags } from './redis-rights.js';

/**
 * Compares the live server with redis.conf: configuration, replication, allocator, users, limits of its process.
 * @throws Error when the server does not answer
 */
export async function redisFacts(redis: Redis): Promise<RetentionFact[]> {
  return [
    ...(await configurationFacts(redis)),
    await replicationFact(redis),
    await allocatorFact(redis),
    ...(await userFacts(redis)),
    ...(await serverLimits(redis)),
  ];
}

/** Writes a key and reads it back. @throws Problem `broker-unavailable` */
export async function probeRedis(redis: Redis): Promise<void> {
  await mapRedisErrors(async () => {
    await redis.set(PROBE_KEY, String(process.hrtime.bigint()), 'PX', 10_000);
    if ((await redis.get(PROBE_KEY)) === null) throw new Error('the probe key is missing');
  });
}

/** Bytes that images may take: 60 % of the server's memory limit. The rest is headroom. */
export async function imageCapacity(redis: Redis): Promise<number> {
  const [, maxmemory] = await redis.config('GET', 'maxmemory');
  const cap = Number(maxmemory);
  return Math.floor((cap > 0 ? cap : 2 ** 31) * 0.6);
}

async function configurationFacts(redis: Redis): Promise<RetentionFact[]> {
  const names = REDIS_EXPECTATIONS.map(({ name }) => name) as [string, ...string[]];
  const flat = await redis.config('GET', ...names);
  const live = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) live.set(String(flat[i]), String(flat[i + 1]));
  return REDIS_EXPECTATIONS.map(({ name, mechanism, expected, closes }) => {
    const found = live.get(name) ?? 'unknown';
    const holds = typeof expected === 'string' ? found === expected : expected(found);
    return { fact: `redis.${name}`, mechanism, found: found === '' ? 'empty' : found, holds, closes };
  });
}

async function replicationFact(redis: Redis): Promise<RetentionFact> {
  const info = await redis.info('replication');
  const role = /^role:(\w+)/m.exec(info)?.[1] ?? 'unknown';
  const replicas = /^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 'unknown';
  return {
    fact: 'redis.replication',
    mechanism: 'volatile-redis',
    found: `${role}, ${replicas} replicas`,
    holds: role === 'master' && replicas === '0',
    closes: 'a replica receives every image and writes a snapshot of them when it connects',
  };
}

async function allocatorFact(redis: Redis): Promise<RetentionFact> {
  const stats = String(await redis.call('MEMORY', 'MALLOC-STATS').catch(() => ''));
  const junk = /opt\.junk: "(\w+)"/.exec(stats)?.[1] ?? 'unknown';
  return {
    fact: 'redis.malloc',
    mechanism: 'deletion',
    found: `junk ${junk}`,
    holds: junk === 'free' || junk === 'true',
    closes: 'freed memory would keep payloads (MALLOC_CONF=junk:free)',
  };
}

/** Checks that the default user is off, and that the user of this connection has exactly its rights. */
async function userFacts(redis: Redis): Promise<RetentionFact[]> {
  const name = String(await redis.call('ACL', 'WHOAMI').catch(() => 'unknown'));
  const user = REDIS_USERS.find((known) => known.name === name);
  const anyone = await userFlags(redis, 'default').catch((): string[] => []);
  const exact = user !== undefined && (await hasExactRights(redis, user).catch(() => false));
  return [
    {
      fact: 'redis.default-user',
      mechanism: 'closed-memory',
      found: anyone.includes('off') ? 'off' : 'on',
      holds: anyone.includes('off'),
      closes: 'anybody who reaches Redis could watch, dump or copy what passes through',
    },
    {
      fact: 'redis.user',
      mechanism: 'closed-memory',
      found: user === undefined ? 'not one of ours' : `${name}, ${exact ? 'exact rights' : 'other rights'}`,
      holds: exact,
      closes: 'this process could do more with Redis than its work needs',
    },
  ];
}

/** Limits of the server's process, if it runs on this machine as this user. */
async function serverLimits(redis: Redis): Promise<RetentionFact[]> {
  if (redis.options.path === undefined) return [];
  const pid = /^process_id:(\d+)/m.exec(await redis.info('server'))?.[1];
  return pid === undefined ? [] : limitFacts(Number(pid));
}
