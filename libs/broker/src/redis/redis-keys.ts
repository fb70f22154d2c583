import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';

/** Prefix of every key and channel of this service. */
export const PREFIX = 'rb';

/** BullMQ's own prefix; its keys hold ids, times and counters only. */
export const QUEUE_PREFIX = `${PREFIX}:q`;

/** Name of the one queue, and of every job in it. */
export const QUEUE_NAME = 'cutout';

/** A key of BullMQ for the one queue. */
export const queueKey = (part: string): string => `${QUEUE_PREFIX}:${QUEUE_NAME}:${part}`;

/** Zset: job id by the time (ms) at which its present state runs out. Every living job is in it. */
export const DEADLINES_KEY = `${PREFIX}:deadlines`;

/** Hash: `bytes:tenant[:seat[:pool]]` per living job: what it has reserved, for whom, on which shard (may be empty). */
export const RESERVATIONS_KEY = `${PREFIX}:reserved`;

/** String: sum of all reservations, in bytes. */
export const RESERVED_TOTAL_KEY = `${PREFIX}:reserved-total`;

/**
 * Hash: of each tenant with living jobs, their number (`jobs:tenant`) and their reserved bytes (`bytes:tenant`); of each
 * pool of tenants, the bytes that all of them have reserved (`pool:name`).
 */
export const TENANTS_KEY = `${PREFIX}:tenants`;

/** Hash: of each payload shard with living jobs, per life (`Seat`), the bytes that they have reserved there. */
export const SHARDS_KEY = `${PREFIX}:shards`;

/** Zset: lives of payload shards by the time (ms) at which any process last had an answer from it. */
export const SHARDS_SEEN_KEY = `${PREFIX}:shards:seen`;

/** Set: living jobs whose payload is on one life of one shard. */
export const incarnationKey = (seat: string): string => `${PREFIX}:shard:${seat}`;

/** Hash: where the fair order of tenants stands; numbers only. */
export const TURNS_KEY = `${PREFIX}:turns`;

/** Zset: tenants by the virtual time until which their jobs so far take up their share. */
export const TURNS_TAKEN_KEY = `${PREFIX}:turns:taken`;

/** Hash: of each waiting job its turn, the virtual time that it takes up, and its tenant. */
export const TURNS_WAITING_KEY = `${PREFIX}:turns:waiting`;

/** Zset: live workers by the time (ms) at which their last sign of life runs out. */
export const WORKERS_KEY = `${PREFIX}:workers`;

/** Hash: moving estimates of the service. */
export const PACE_KEY = `${PREFIX}:pace`;

/** String: written and read back by the readiness probe. */
export const PROBE_KEY = `${PREFIX}:probe`;

/** String: the metrics of one worker, as numbers only. `name` is what the worker drew for itself. */
export const numbersKey = (name: string): string => `${PREFIX}:metrics:${name}`;

/** Channel on which workers hear which jobs to give up. */
export const CANCEL_CHANNEL = `${PREFIX}:cancel`;

/** Hash: the record of one job. Ids, codes, sizes, times and wrapped keys; no user data. */
export const recordKey = (id: JobId): string => `${PREFIX}:{${id}}:job`;

/** Hash: sealed chunks of the upload, by index. */
export const inputKey = (id: JobId): string => `${PREFIX}:{${id}}:in`;

/** Hash: sealed chunks of the result that attempt number `attempt` made, by index. */
export const outputKey = (id: JobId, attempt: number): string => `${PREFIX}:{${id}}:out:${attempt}`;

/** Hash: of each living job of a batch, its batch. */
export const BATCHED_KEY = `${PREFIX}:batched`;

/** What a batch consists of, besides its own hash, `''`. */
export type BatchPart = '' | ':members' | ':changes' | ':ready' | ':lost';

/** All keys of a batch. */
export const BATCH_PARTS: readonly BatchPart[] = ['', ':members', ':changes', ':ready', ':lost'];

/**
 * Hash: whether a batch is open, its times, and how many of its images are in each state. With a part, hash:
 * `members`, of each image its state (`is:job`), its sealed entry (`of:job`), and which job has a name (`by:name`);
 * zsets of jobs by the version in which they changed last: `changes`, all of them; `ready`, those with a result to
 * fetch; `lost`, those that ended without one.
 */
export const batchKey = (id: BatchId, part: BatchPart = ''): string => `${PREFIX}:{${id}}:batch${part}`;

/** Channel of one job, or of one batch. */
export const jobChannel = (id: string): string => `${PREFIX}:ch:${id}`;

/** String: requests of one tenant in the running throttle window. */
export const rateKey = (tenant: string): string => `${PREFIX}:rate:${tenant}`;

/** String: when the pixel budget of one tenant is full again, in ms. */
export const pixelsKey = (tenant: string): string => `${PREFIX}:pixels:${tenant}`;

/** Hash: what a submission that may be repeated is recognised by. `name` is a keyed hash. */
export const idempotencyKey = (name: string): string => `${PREFIX}:retry:${name}`;
