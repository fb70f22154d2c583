import type { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { foreignKeys, TOMBSTONE_FIELDS } from './key-allowlist.js';
import type { TestSystem } from './system.js';

/** Everything under one key, as bytes, whatever its type. */
async function valueOf(redis: Redis, key: string): Promise<Buffer> {
  const read = {
    string: () => redis.getBuffer(key),
    hash: () => redis.callBuffer('HGETALL', key),
    list: () => redis.lrangeBuffer(key, 0, -1),
    set: () => redis.smembersBuffer(key),
    zset: () => redis.zrangeBuffer(key, 0, '-1'),
    stream: () => redis.callBuffer('XRANGE', key, '-', '+'),
  }[(await redis.type(key)) as 'string'] as (() => Promise<unknown>) | undefined;
  return Buffer.concat(bytesIn(await read?.()));
}

function bytesIn(reply: unknown): Buffer[] {
  if (Buffer.isBuffer(reply)) return [reply];
  if (typeof reply === 'string' || typeof reply === 'number') return [Buffer.from(String(reply))];
  return Array.isArray(reply) ? reply.flatMap(bytesIn) : [];
}

/** All of Redis: names of keys and everything under them. */
export async function dumpOf(redis: Redis): Promise<Map<string, Buffer>> {
  const dump = new Map<string, Buffer>();
  for (const key of await redis.keys('*')) dump.set(key, await valueOf(redis, key));
  return dump;
}

/** Those of `needles` that occur in Redis, in key names or values. */
export async function foundInRedis(redis: Redis, needles: readonly (string | Buffer)[]): Promise<string[]> {
  const found: string[] = [];
  for (const [key, value] of await dumpOf(redis)) {
    for (const needle of needles) {
      if (value.includes(needle) || Buffer.from(key).includes(needle))
        found.push(`${String(needle)} in ${key}`);
    }
  }
  return found;
}

/** What of `ended` jobs is left in Redis beyond what a tombstone may say; empty when all is well. */
export async function remainsOf(system: Pick<TestSystem, 'inspector' | 'keys'>): Promise<string[]> {
  const redis = system.inspector();
  const remains = foreignKeys(await system.keys());
  for (const key of await redis.keys('rb:{*}:job')) {
    const fields = await redis.hkeys(key);
    remains.push(
      ...fields.filter((field) => !TOMBSTONE_FIELDS.includes(field)).map((field) => `record: ${field}`),
    );
  }
  if (Number((await redis.get('rb:reserved-total')) ?? 0) !== 0) remains.push('reserved memory');
  for (const text of eventTexts(await redis.xrange('rb:q:cutout:events', '-', '+'))) {
    if (!EVENT_TEXT.test(text)) remains.push(`event stream: ${text}`);
  }
  redis.disconnect();
  return [...new Set(remains)];
}

/** Field names, event names, states, job ids, counters, the job's constant name and `null`. */
const EVENT_TEXT =
  /^(?:event|jobId|prev|name|cutout|returnvalue|null|count|[a-z-]{4,20}|[A-Za-z0-9_-]{22}|\d*)$/;

const eventTexts = (entries: [string, string[]][]): string[] => entries.flatMap(([, fields]) => fields);

/**
 * Resolves once no living job has left anything but what is `expected`: the queue tidies up a moment after the client
 * has its answer.
 */
export async function nothingRemains(system: TestSystem, expected: readonly string[] = []): Promise<void> {
  let remains: string[] = [];
  await eventually(async () => {
    remains = (await remainsOf(system)).filter((name) => !expected.includes(name));
    return remains.length === 0;
  }, 5000).catch(() => {
    throw new Error(`left in Redis: ${remains.join(', ')}`);
  });
}
