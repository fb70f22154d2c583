import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';

/** Prefix of every key and channel of this service. */
export const PREFIX = 'rb';

/** Prefix of BullMQ's keys, which hold ids, times and counters only. */
export const QUEUE_PREFIX = `${PREFIX}:q`;

/** Name of the queue, and of every job in it. */
export const QUEUE_NAME = 'cutout';

/** Zset: every living job by its deadline (ms). */
export const DEADLINES_KEY = `${PREFIX}:deadlines`;

/** Hash: reservation of each living job, `bytes:tenant[:incarnation[:pool]]`; the incarnation may be empty. */
export const RESERVATIONS_KEY = `${PREFIX}:reserved`;

/** String: sum of all reservations, in bytes. */
export const RESERVED_TOTAL_KEY = `${PREFIX}:reserved-total`;

/**
 * Hash: number (`jobs:tenant`) and reserved bytes (`bytes:tenant`) of each tenant's living jobs; reserved bytes of each pool
 * of tenants (`pool:name`).
 */
export const TENANTS_KEY = `${PREFIX}:tenants`;

/** Hash: reserved bytes of each shard incarnation with living jobs. */
export const SHARDS_KEY = `${PREFIX}:shards`;

/** Zset: shard incarnations by the time (ms) of their last answer to any process. */
export const SHARD_ANSWERS_KEY = `${PREFIX}:shards:seen`;

/** Set: living jobs with payload on one shard incarnation. */
export const incarnationKey = (incarnation: string): string => `${PREFIX}:shard:${incarnation}`;

/** Hash: virtual time of fair queueing, and the base of priorities. */
export const VIRTUAL_TIME_KEY = `${PREFIX}:turns`;

/** Zset: tenants by finish tag. */
export const FINISH_TAGS_KEY = `${PREFIX}:turns:taken`;

/** Hash: start tag, weighted cost and tenant of each waiting job. */
export const WAITING_JOBS_KEY = `${PREFIX}:turns:waiting`;

/** Zset: workers by the expiry (ms) of their registration. */
export const WORKERS_KEY = `${PREFIX}:workers`;

/** Hash: moving averages of processing times. */
export const SERVICE_TIMES_KEY = `${PREFIX}:pace`;

/** String of the readiness probe. */
export const PROBE_KEY = `${PREFIX}:probe`;

/** String: metrics of one worker, numbers only. `name` is random. */
export const workerMetricsKey = (name: string): string => `${PREFIX}:metrics:${name}`;

/** Channel with the ids of cancelled jobs. */
export const CANCEL_CHANNEL = `${PREFIX}:cancel`;

/** Hash: the record of one job. Ids, codes, sizes, times and wrapped keys; no user data. */
export const recordKey = (id: JobId): string => `${PREFIX}:{${id}}:job`;

/** Hash: encrypted chunks of the upload, by index. */
export const inputKey = (id: JobId): string => `${PREFIX}:{${id}}:in`;

/** Hash: encrypted chunks of the result of one attempt, by index. */
export const outputKey = (id: JobId, attempt: number): string => `${PREFIX}:{${id}}:out:${attempt}`;

/** Hash: batch of each living job that belongs to one. */
export const BATCH_OF_JOB_KEY = `${PREFIX}:batched`;

/** Suffix of a key of a batch; `''` is its hash. */
export type BatchPart = '' | ':members' | ':changes' | ':ready' | ':lost';

/** All keys of a batch. */
export const BATCH_PARTS: readonly BatchPart[] = ['', ':members', ':changes', ':ready', ':lost'];

/**
 * Hash: state, times, and number of images by state of a batch. `members`, hash: state (`is:job`) and sealed entry
 * (`of:job`) of each image, and job of each name (`by:name`). Zsets of jobs by the version of their last change: `changes`,
 * all; `ready`, those with a result; `lost`, those that ended without one.
 */
export const batchKey = (id: BatchId, part: BatchPart = ''): string => `${PREFIX}:{${id}}:batch${part}`;

/** Channel of one job, or of one batch. */
export const jobChannel = (id: string): string => `${PREFIX}:ch:${id}`;

/** String: requests of one tenant in the running throttle window. */
export const rateKey = (tenant: string): string => `${PREFIX}:rate:${tenant}`;

/** String: time (ms) at which the pixel budget of one tenant is full. */
export const pixelsKey = (tenant: string): string => `${PREFIX}:pixels:${tenant}`;

/** Hash: idempotency entry. `name` is a keyed hash. */
export const idempotencyKey = (name: string): string => `${PREFIX}:retry:${name}`;
