import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { nothingFound, scanCopy } from '../scan/buffer-scan.js';
import { hitsIn, tallyOf, type KindTally } from '../scan/tally.js';
import type { WindowIndex } from '../scan/window-index.js';
import { isAllowed, isPayload } from './key-allowlist.js';

const ANSWER_LIMIT_MS = 3000;
const SCAN_COUNT = 1000;

type Connection = ReturnType<typeof connect>;

/** Content of Redis at one moment. */
export interface KeyspaceLook {
  keys: number;
  /** Bytes of names and values searched. */
  bytes: number;
  /** Keys that the service does not write. */
  foreign: string[];
  /** Keys of encrypted images. */
  payloads: string[];
  hits: KindTally[];
  /** Reason when the keyspace could not be read. */
  refused?: string;
}

/** Reads every key of every Redis; undefined when no Redis is given. */
export async function lookAtAll(
  urls: readonly string[],
  index: WindowIndex,
): Promise<KeyspaceLook | undefined> {
  if (urls.length === 0) return undefined;
  const looks = await Promise.all(urls.map((url) => lookAtKeyspace(url, index)));
  const refused = looks.find((look) => look.refused !== undefined)?.refused;
  return {
    keys: looks.reduce((sum, { keys }) => sum + keys, 0),
    bytes: looks.reduce((sum, { bytes }) => sum + bytes, 0),
    foreign: looks.flatMap(({ foreign }) => foreign),
    payloads: looks.flatMap(({ payloads }) => payloads),
    hits: looks.flatMap(({ hits }) => hits),
    ...(refused !== undefined && { refused }),
  };
}

/** Searches the name and value of every key, of any type. */
async function lookAtKeyspace(url: string, index: WindowIndex): Promise<KeyspaceLook> {
  const look: KeyspaceLook = { keys: 0, bytes: 0, foreign: [], payloads: [], hits: [] };
  const found = nothingFound(index);
  const redis = connect(url, 'payload');
  try {
    await whenReady(redis, ANSWER_LIMIT_MS);
    for (const key of await allKeys(redis)) {
      const value = await valueOf(redis, key);
      look.keys += 1;
      look.bytes += key.length + value.length;
      if (!isAllowed(key)) look.foreign.push(key);
      if (isPayload(key)) look.payloads.push(key);
      scanCopy(index, Buffer.concat([Buffer.from(key), Buffer.from('\n'), value]), found);
    }
    look.hits = hitsIn(tallyOf(index, found, () => 'keyspace', 1));
  } catch (error) {
    look.refused = error instanceof Error ? error.message.slice(0, 120) : 'unknown reason';
  } finally {
    redis.disconnect();
  }
  return look;
}

async function allKeys(redis: Connection): Promise<string[]> {
  const keys = new Set<string>();
  for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
    const [next, some] = await redis.scan(cursor, 'COUNT', SCAN_COUNT);
    for (const key of some) keys.add(key);
    cursor = next;
  }
  return [...keys].sort();
}

async function valueOf(redis: Connection, key: string): Promise<Buffer> {
  const readers: Record<string, () => Promise<unknown>> = {
    string: () => redis.getBuffer(key),
    hash: () => redis.callBuffer('HGETALL', key),
    list: () => redis.lrangeBuffer(key, 0, -1),
    set: () => redis.smembersBuffer(key),
    zset: () => redis.callBuffer('ZRANGE', key, '0', '-1', 'WITHSCORES'),
    stream: () => redis.callBuffer('XRANGE', key, '-', '+'),
  };
  return Buffer.concat(bytesIn(await readers[await redis.type(key)]?.()));
}

function bytesIn(reply: unknown): Buffer[] {
  if (Buffer.isBuffer(reply)) return [reply];
  if (typeof reply === 'string' || typeof reply === 'number') return [Buffer.from(String(reply))];
  return Array.isArray(reply) ? reply.flatMap(bytesIn) : [];
}
