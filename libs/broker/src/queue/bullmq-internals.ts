import { QUEUE_NAME, QUEUE_PREFIX } from '../redis/redis-keys.js';

/**
 * What this service uses of BullMQ beside its API. package.json pins BullMQ exactly, and
 * test/integration/broker/bullmq-internals.test.ts checks all of it on that version: run it before changing the pin.
 */

const queueKey = (part: string): string => `${QUEUE_PREFIX}:${QUEUE_NAME}:${part}`;

/** Zset of waiting jobs: id by `priority * SCORE_STEP + counter`. */
export const PRIORITIZED_KEY = queueKey('prioritized');

/** List of jobs that BullMQ has taken back from a worker that died, until the next worker takes them. */
export const WAIT_KEY = queueKey('wait');

/** List of jobs that workers have. */
export const ACTIVE_KEY = queueKey('active');

/** String that exists while BullMQ has lately checked for stalled jobs. */
export const STALLED_CHECK_KEY = queueKey('stalled-check');

/** All names that follow the queue's in a key; `ID` is the id of a job. */
export const QUEUE_KEY_PARTS = [
  ...['meta', 'id', 'events', 'marker', 'pc', 'stalled-check', 'prioritized', 'active', 'stalled', 'wait'],
  ...['ID', 'ID:lock'],
] as const;

/** Scores of waiting jobs are `priority * SCORE_STEP + counter`. */
export const SCORE_STEP = 2 ** 32;

/** A `Worker` reports that its connection is gone or cannot be made. */
export const isConnectionError = ({ message }: Error): boolean =>
  /ECONN|ENOENT|EPIPE|ETIMEDOUT|Connection is closed|did not answer in time|connection close/.test(message);
