import { requireRetention, RetentionGuardError, type RetentionFact } from '#settings/retention.fact.js';
import type { ServiceSettings } from '#settings/process.life.js';
import { processFacts } from '#settings/process.guard.js';
import { BatchStore } from './batch.store.js';
import { JobConsumer, type ConsumerOptions } from './job.consumer.js';
import { JobPurge } from './job.purge.js';
import { JobQueue } from './job.queue.js';
import { JobStore } from './job.store.js';
import { JobWatcher } from './job.watcher.js';
import { EXPIRY_MARGIN_MS, lifetimesOf, type Lifetimes } from './lifetimes.js';
import { Pace } from './pace.js';
import { PayloadStore } from './payload.store.js';
import { PixelBudget } from './pixel.budget.js';
import { ProgressPublisher } from './progress.publisher.js';
import { RateLimiter } from './rate.limiter.js';
import { addressAs, connect, StrangerError, whenReady } from './redis.connection.js';
import { imageCapacity, redisFacts } from './redis.guard.js';
import { RetryStore } from './retry.store.js';
import { Sweeper } from './sweeper.js';
import { TenantTurns } from './tenant.turns.js';
import { withScripts } from './transition.script.js';

const FIRST_ANSWER_MS = 10_000;

/** Everything a process needs of Redis, opened once and closed once. */
export interface Broker {
  jobs: JobStore;
  payloads: PayloadStore;
  purge: JobPurge;
  queue: JobQueue;
  watcher: JobWatcher;
  pace: Pace;
  limiter: RateLimiter;
  pixels: PixelBudget;
  retries: RetryStore;
  batches: BatchStore;
  sweeper: Sweeper;
  lifetimes: Lifetimes;
  /** Bytes that images may take in Redis. */
  capacityBytes: number;
  /** What was checked about this process and its Redis at start. */
  facts: RetentionFact[];
  /** What does not hold, although the operator chose only to be warned. */
  faults: string[];
  progress: ProgressPublisher;
  /** Starts taking jobs from the queue. */
  consume(options: ConsumerOptions): JobConsumer;
  close(): Promise<void>;
}

/**
 * Connects to Redis, checks that neither it nor this process can keep anything, and builds the parts on top.
 * @throws RetentionGuardError when something could be kept
 * @throws Error when Redis does not answer within ten seconds
 */
export async function openBroker(settings: ServiceSettings, user: 'api' | 'worker'): Promise<Broker> {
  const url = await signIn(settings, user);
  const control = withScripts(connect(url, 'control'));
  const payload = connect(url, 'payload');
  const subscriber = connect(url, 'subscriber');
  const connections = [control, payload, subscriber];
  try {
    await Promise.all(connections.map((redis) => whenReady(redis, FIRST_ANSWER_MS)));
    const facts = [...processFacts(), ...(await redisFacts(control))];
    const faults = requireRetention(facts, settings.RETENTION_GUARD);
    const lifetimes = lifetimesOf(settings);
    const capacityBytes = await imageCapacity(payload);
    const jobs = new JobStore(control, lifetimes, capacityBytes);
    const turns = new TenantTurns(control, lifetimes.queueMs + EXPIRY_MARGIN_MS);
    const queue = new JobQueue(url, control, turns);
    const watcher = new JobWatcher(subscriber);
    const purge = new JobPurge({ jobs, queue, control, payload });
    return {
      jobs,
      queue,
      purge,
      lifetimes,
      capacityBytes,
      facts,
      faults,
      progress: new ProgressPublisher(control),
      payloads: new PayloadStore(payload),
      watcher,
      pace: new Pace(control, queue),
      limiter: new RateLimiter(control),
      pixels: new PixelBudget(control),
      retries: new RetryStore(control, lifetimes),
      batches: new BatchStore(control, lifetimes),
      sweeper: new Sweeper(jobs, purge, lifetimes.maxDeliveries),
      consume: (options) => new JobConsumer(url, turns, options),
      close: async () => {
        watcher.close();
        await queue.close();
        for (const redis of connections) redis.disconnect();
      },
    };
  } catch (error) {
    for (const redis of connections) redis.disconnect();
    throw error;
  }
}

/**
 * The address under which Redis lets this application in: as its own user, or, on a development machine, as
 * nobody in particular.
 * @throws RetentionGuardError when Redis does not know the user: it does not run on redis.conf
 */
async function signIn(settings: ServiceSettings, user: 'api' | 'worker'): Promise<string> {
  const url = addressAs(user, settings.REDIS_URL);
  const trial = connect(url, 'control');
  try {
    await whenReady(trial, FIRST_ANSWER_MS);
    return url;
  } catch (error) {
    if (!(error instanceof StrangerError)) throw error;
    if (settings.RETENTION_GUARD === 'warn') return settings.REDIS_URL;
    throw new RetentionGuardError(['redis.user is unknown to it: this Redis does not run on redis.conf']);
  } finally {
    trial.disconnect();
  }
}
