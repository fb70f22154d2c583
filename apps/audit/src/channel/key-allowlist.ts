import {
  BATCH_PARTS,
  BATCHED_KEY,
  batchKey,
  DEADLINES_KEY,
  inputKey,
  numbersKey,
  outputKey,
  PACE_KEY,
  pixelsKey,
  PREFIX,
  PROBE_KEY,
  QUEUE_NAME,
  QUEUE_PREFIX,
  rateKey,
  recordKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  idempotencyKey,
  incarnationKey,
  SHARDS_KEY,
  SHARDS_SEEN_KEY,
  TENANTS_KEY,
  TURNS_KEY,
  TURNS_TAKEN_KEY,
  TURNS_WAITING_KEY,
  WORKERS_KEY,
} from '#broker/redis/redis-keys.js';
import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';

const ID = '[A-Za-z0-9_-]{22}';
const MARK = 'MARK' as JobId;
const QUEUE = `${QUEUE_PREFIX}:${QUEUE_NAME}`;

const literally = (text: string): string => text.replaceAll(/[{}:.]/g, '\\$&');
const withId = (key: string): string => literally(key).replace('MARK', ID);

/** Patterns of all keys that the service writes: ids, times, counters and encrypted bytes. */
const ALLOWED: readonly RegExp[] = [
  ...[DEADLINES_KEY, RESERVATIONS_KEY, RESERVED_TOTAL_KEY, WORKERS_KEY, PACE_KEY, PROBE_KEY].map(literally),
  ...[TENANTS_KEY, TURNS_KEY, TURNS_TAKEN_KEY, TURNS_WAITING_KEY, BATCHED_KEY].map(literally),
  ...[SHARDS_KEY, SHARDS_SEEN_KEY].map(literally),
  `${literally(incarnationKey(''))}[a-z0-9-]{1,16}\\.[0-9a-f]{12}`,
  withId(recordKey(MARK)),
  withId(inputKey(MARK)),
  withId(outputKey(MARK, 7)).replace('7', '\\d+'),
  ...BATCH_PARTS.map((part) => withId(batchKey('MARK' as BatchId, part))),
  literally(numbersKey('MARK')).replace('MARK', '[0-9a-f]{12}'),
  ...[rateKey(MARK), pixelsKey(MARK), idempotencyKey(MARK)].map(withId),
  `${literally(QUEUE)}:(meta|id|events|marker|pc|stalled-check|prioritized|active|stalled|wait|${ID}(:lock)?)`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** Pattern of keys that hold encrypted images. None may be left after its job. */
const PAYLOAD = new RegExp(`^${literally(PREFIX)}:\\\\{${ID}\\\\}:(in|out:\\d+)$`.replaceAll('\\\\', '\\'));

/** True when the service writes keys of this name. */
export const isAllowed = (key: string): boolean => ALLOWED.some((pattern) => pattern.test(key));

/** True for a key that holds encrypted bytes of an image. */
export const isPayload = (key: string): boolean => PAYLOAD.test(key);
