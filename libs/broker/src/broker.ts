import type { Redis } from 'ioredis';
import { checkedNow, faultsOf, requireRetention, type CheckedFact } from '#retention/retention-facts.js';
import type { ServiceSettings } from '#config/process-lifecycle.js';
import { readRedisPassword } from '#auth/secret-file.js';
import { processFacts } from '#retention/process-checks.js';
import { BatchStore } from './batches/batch.store.js';
import { noopObserver, type BrokerObserver } from './jobs/broker-observer.js';
import { CapacityEstimator } from './workers/capacity-estimate.js';
import { JobConsumer, type ConsumerOptions } from './queue/job-consumer.js';
import { JobPurge } from './jobs/job-purge.js';
import { JobQueue } from './queue/job-queue.js';
import { JobStore } from './jobs/job.store.js';
import { JobWatcher } from './jobs/job-watcher.js';
import { EXPIRY_MARGIN_MS, lifetimesOf, type Lifetimes } from './records/lifetimes.js';
import { ServiceTimeEstimator } from './workers/service-time-estimator.js';
import { WorkerRegistry } from './workers/worker-registry.js';
import { PayloadLink } from './payload/payload-link.js';
import { openPayloads, type PayloadShards, type ShardListener } from './payload/payload-shards.js';
import { PixelBudget } from './limits/pixel-budget.js';
import { ProgressPublisher } from './jobs/progress-publisher.js';
import { RateLimiter } from './limits/rate-limiter.js';
import { connect, whenReady } from './redis/redis-connection.js';
import { probeRedis, redisFacts } from './redis/redis-checks.js';
import { authenticate } from './redis/redis-user.js';
import { IdempotencyStore } from './limits/idempotency.store.js';
import { ServiceOverview } from './workers/service-overview.js';
import { Sweeper } from './jobs/sweeper.js';
import { FairScheduler } from './queue/fair-scheduler.js';
import { WorkerMetrics } from './workers/worker-metrics.js';
import type { ConnectionListener } from './redis/redis-health.js';

const FIRST_ANSWER_MS = 10_000;

/** All parts of the broker over the connections of one process. */
export interface Broker {
  jobs: JobStore;
  payloads: PayloadShards;
  purge: JobPurge;
  queue: JobQueue;
  watcher: JobWatcher;
  workerRegistry: WorkerRegistry;
  estimator: ServiceTimeEstimator;
  capacity: CapacityEstimator;
  limiter: RateLimiter;
  pixels: PixelBudget;
  idempotency: IdempotencyStore;
  batches: BatchStore;
  sweeper: Sweeper;
  /** Statistics and worker metrics for operators. */
  overview: ServiceOverview;
  workerMetrics: WorkerMetrics;
  lifetimes: Lifetimes;
  /** Retention checks of this process and its Redis at start, and of payload shards at each connection. */
  readonly facts: CheckedFact[];
  /** Failed retention checks, where `RETENTION_GUARD` is `warn`. */
  readonly faults: string[];
  progress: ProgressPublisher;
  /** Writes to Redis and reads back. @throws Problem `broker-unavailable` */
  probe(): Promise<void>;
  /** Makes the consumer that takes jobs from the queue. */
  consume(options: ConsumerOptions): JobConsumer;
  close(): Promise<void>;
}

/** Receivers of changes. Each change of a shard or connection is reported once. */
export interface BrokerListeners {
  onShard?: ShardListener;
  onConnection?: ConnectionListener;
  observer?: BrokerObserver;
}

/**
 * Connects to Redis, runs the retention checks on it and on this process, and builds the parts.
 * @throws RetentionGuardError when a check fails
 * @throws SettingsError when the password of Redis cannot be read
 * @throws UnreachableError when Redis does not answer within ten seconds
 */
export async function openBroker(
  settings: ServiceSettings,
  user: 'api' | 'worker',
  listeners: BrokerListeners = {},
): Promise<Broker> {
  const { onShard, onConnection, observer } = withObserver(listeners);
  const { RETENTION_GUARD: guard, REDIS_URL, REDIS_PASSWORD_FILE } = settings;
  const as = { user, password: readRedisPassword(REDIS_PASSWORD_FILE) };
  const url = await authenticate(REDIS_URL, { ...as, guard, limitMs: FIRST_ANSWER_MS });
  const control = connect(url, 'control', onConnection);
  const subscriber = connect(url, 'subscriber', onConnection);
  const home = PayloadLink.open(url, user, onConnection);
  const disconnect = (): void => {
    home.close();
    control.disconnect();
    subscriber.disconnect();
  };
  try {
    await Promise.all([control, subscriber, home.main].map((redis) => whenReady(redis, FIRST_ANSWER_MS)));
    const facts = checkedNow([...processFacts(), ...(await redisFacts(control))]);
    requireRetention(facts, guard);
    const { payloads, close: closeShards } = await openPayloads(settings, as, { control, home, onShard });
    const lifetimes = lifetimesOf(settings);
    const parts = brokerParts({ url, control, subscriber, payloads, lifetimes, observer, onConnection });
    const allFacts = (): CheckedFact[] => [...facts, ...payloads.facts];
    return {
      ...parts,
      get facts() {
        return allFacts();
      },
      get faults() {
        return faultsOf(allFacts());
      },
      close: async () => {
        await parts.queue.close();
        closeShards();
        disconnect();
      },
    };
  } catch (error) {
    disconnect();
    throw error;
  }
}

interface BrokerBase extends Required<Pick<BrokerListeners, 'observer' | 'onConnection'>> {
  url: string;
  control: Redis;
  subscriber: Redis;
  payloads: PayloadShards;
  lifetimes: Lifetimes;
}

/** Builds all parts over open connections. */
function brokerParts(base: BrokerBase): Omit<Broker, 'facts' | 'faults' | 'close'> {
  const { url, control, payloads, lifetimes, observer, onConnection } = base;
  const jobs = new JobStore(control, lifetimes, payloads.capBytes);
  const scheduler = new FairScheduler(control, lifetimes.queueMs + EXPIRY_MARGIN_MS);
  const queue = new JobQueue(url, control, scheduler, onConnection);
  const workerRegistry = new WorkerRegistry(control);
  const estimator = new ServiceTimeEstimator(control, queue, workerRegistry);
  const purge = new JobPurge({ jobs, queue, control, payloads, observer });
  return {
    ...{ jobs, queue, purge, payloads, lifetimes, workerRegistry, estimator },
    progress: new ProgressPublisher(control),
    watcher: new JobWatcher(base.subscriber),
    capacity: new CapacityEstimator(control, estimator),
    limiter: new RateLimiter(control),
    pixels: new PixelBudget(control),
    idempotency: new IdempotencyStore(control, lifetimes),
    batches: new BatchStore(control, lifetimes),
    sweeper: new Sweeper({ jobs, purge, payloads, observer }, lifetimes.maxDeliveries),
    overview: new ServiceOverview(control, queue, () => payloads.capacityBytes),
    workerMetrics: new WorkerMetrics(control),
    probe: () => probeRedis(control),
    consume: (options) => new JobConsumer(url, scheduler, { ...options, onConnection }),
  };
}

/** The listeners, which also report each change to the observer. */
function withObserver({
  onShard,
  onConnection,
  observer = noopObserver,
}: BrokerListeners): Required<BrokerListeners> {
  return {
    observer,
    onShard: (change) => {
      observer.shardChanged(change.state);
      onShard?.(change);
    },
    onConnection: (change) => {
      observer.connectionChanged(change);
      onConnection?.(change);
    },
  };
}
