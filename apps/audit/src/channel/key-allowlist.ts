import {
  BATCH_PARTS,
  BATCH_OF_JOB_KEY,
  batchKey,
  DEADLINES_KEY,
  inputKey,
  workerMetricsKey,
  outputKey,
  SERVICE_TIMES_KEY,
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
  SHARD_ANSWERS_KEY,
  TENANTS_KEY,
  VIRTUAL_TIME_KEY,
  FINISH_TAGS_KEY,
  WAITING_JOBS_KEY,
  WORKERS_KEY,
} from '#broker/redis/redis-keys.js';
import { QUEUE_KEY_PARTS } from '#broker/queue/bullmq-internals.js';
import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';

const ID = '[A-Za-z0-9_-]{22}';
const MARK = 'MARK' as JobId;
const QUEUE = `${QUEUE_PREFIX}:${QUEUE_NAME}`;

const literally = (text: string): string => text.replaceAll(/[{}:.]/g, '\\$&');
const withId = (key: string): string => literally(key).replace('MARK', ID);

/** Patterns of all keys that the service writes: ids, times, counters and encrypted bytes. */
const ALLOWED: readonly RegExp[] = [
  ...[DEADLINES_KEY, RESERVATIONS_KEY, RESERVED_TOTAL_KEY, WORKERS_KEY, SERVICE_TIMES_KEY, PROBE_KEY].map(
    literally,
  ),
  ...[TENANTS_KEY, VIRTUAL_TIME_KEY, FINISH_TAGS_KEY, WAITING_JOBS_KEY, BATCH_OF_JOB_KEY].map(literally),
  ...[SHARDS_KEY, SHARD_ANSWERS_KEY].map(literally),
  `${literally(incarnationKey(''))}[a-z0-9-]{1,16}\\.[0-9a-f]{12}`,
  withId(recordKey(MARK)),
  withId(inputKey(MARK)),
  withId(outputKey(MARK, 7)).replace('7', '\\d+'),
  ...BATCH_PARTS.map((part) => withId(batchKey('MARK' as BatchId, part))),
  literally(workerMetricsKey('MARK')).replace('MARK', '[0-9a-f]{12}'),
  ...[rateKey(MARK), pixelsKey(MARK), idempotencyKey(MARK)].map(withId),
  `${literally(QUEUE)}:(${QUEUE_KEY_PARTS.map((part) => part.replace('ID', ID)).join('|')})`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** Pattern of keys that hold encrypted images. None may be left after its job. */
const PAYLOAD = new RegExp(`^${literally(PREFIX)}:\\\\{${ID}\\\\}:(in|out:\\d+)$`.replaceAll('\\\\', '\\'));

/** True when the service writes keys of this name. */
export const isAllowed = (key: string): boolean => ALLOWED.some((pattern) => pattern.test(key));

/** True for a key that holds encrypted bytes of an image. */
export const isPayload = (key: string): boolean => PAYLOAD.test(key);
