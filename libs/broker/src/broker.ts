import { checkedNow, faultsOf, requireRetention, type CheckedFact } from '#retention/retention-facts.js';
import type { ServiceSettings } from '#config/process-lifecycle.js';
import { readRedisPassword } from '#auth/secret-file.js';
import { processFacts } from '#retention/process-checks.js';
import { BatchStore } from './batches/batch.store.js';
import { NOBODY, type BrokerObserver } from './jobs/broker-observer.js';
import { CapacityEstimator } from './workers/capacity-estimate.js';
import { JobConsumer, type ConsumerOptions } from './queue/job-consumer.js';
import { JobPurge } from './jobs/job-purge.js';
import { JobQueue } from './queue/job-queue.js';
import { JobStore } from './jobs/job.store.js';
import { JobWatcher } from './jobs/job-watcher.js';
import { EXPIRY_MARGIN_MS, lifetimesOf, type Lifetimes } from './records/lifetimes.js';
import { WorkerRegistry } from './workers/worker-registry.js';
import { PayloadLink } from './payload/payload-link.js';
import { openPayloads, type ShardListener } from './payload/payload-opening.js';
import type { PayloadShards } from './payload/payload-shards.js';
import { PixelBudget } from './limits/pixel-budget.js';
import { ProgressPublisher } from './jobs/progress-publisher.js';
import { RateLimiter } from './limits/rate-limiter.js';
import { connect, whenReady } from './redis/redis-connection.js';
import { redisFacts } from './redis/redis-checks.js';
import { authenticate } from './redis/redis-user.js';
import { IdempotencyStore } from './limits/idempotency.store.js';
import { ServiceOverview } from './workers/service-overview.js';
import { Sweeper } from './jobs/sweeper.js';
import { FairScheduler } from './queue/fair-scheduler.js';
import { WorkerMetrics } from './workers/worker-metrics.js';
import { withScripts } from './jobs/transition-script.js';
import type { ConnectionListener } from './redis/redis-health.js';

const FIRST_ANSWER_MS = 10_000;

/** Everything a process needs of Redis, opened once and closed once. */
export interface Broker {
  jobs: JobStore;
  payloads: PayloadShards;
  purge: JobPurge;
  queue: JobQueue;
  watcher: JobWatcher;
  pace: WorkerRegistry;
  capacity: CapacityEstimator;
  limiter: RateLimiter;
  pixels: PixelBudget;
  retries: IdempotencyStore;
  batches: BatchStore;
  sweeper: Sweeper;
  /** For operators: how the service stands, and what its workers measure. */
  overview: ServiceOverview;
  numbers: WorkerMetrics;
  lifetimes: Lifetimes;
  /** What was checked about this process and its Redis at start, and about payload shards whenever they came. */
  readonly facts: CheckedFact[];
  /** What does not hold, although the operator chose only to be warned. */
  readonly faults: string[];
  progress: ProgressPublisher;
  /** Starts taking jobs from the queue. */
  consume(options: ConsumerOptions): JobConsumer;
  close(): Promise<void>;
}

/** Who receives what happens: changes of shards and connections, once each, and what operators count. */
export interface BrokerListeners {
  onShard?: ShardListener;
  onConnection?: ConnectionListener;
  observer?: BrokerObserver;
}

/**
 * Connects to Redis, checks that neither it nor this process can keep anything, and builds the parts on top.
 * @throws RetentionGuardError when something could be kept
 * @throws SettingsError when the password of Redis cannot be read
 * @throws UnreachableError when Redis does not answer within ten seconds
 */
export async function openBroker(
  settings: ServiceSettings,
  user: 'api' | 'worker',
  listeners: BrokerListeners = {},
): Promise<Broker> {
  const { onShard, onConnection, observer } = counted(listeners);
  const { RETENTION_GUARD: guard, REDIS_URL, REDIS_PASSWORD_FILE } = settings;
  const as = { user, password: readRedisPassword(REDIS_PASSWORD_FILE) };
  const url = await authenticate(REDIS_URL, { ...as, guard, limitMs: FIRST_ANSWER_MS });
  const control = withScripts(connect(url, 'control', onConnection));
  const payload = PayloadLink.open(url, user, onConnection);
  const connections = [control, connect(url, 'subscriber', onConnection)] as const;
  try {
    await Promise.all([...connections, payload.main].map((redis) => whenReady(redis, FIRST_ANSWER_MS)));
    const ownFacts = checkedNow([...processFacts(), ...(await redisFacts(control))]);
    requireRetention(ownFacts, guard);
    const lifetimes = lifetimesOf(settings);
    const { payloads, close } = await openPayloads(settings, as, { control, home: payload, onShard });
    const allFacts = (): CheckedFact[] => [...ownFacts, ...payloads.facts];
    const jobs = new JobStore(control, lifetimes, payloads.capBytes);
    const turns = new FairScheduler(control, lifetimes.queueMs + EXPIRY_MARGIN_MS);
    const queue = new JobQueue(url, control, turns, onConnection);
    const pace = new WorkerRegistry(control, queue);
    const purge = new JobPurge({ jobs, queue, control, payloads, observer });
    return {
      jobs,
      queue,
      purge,
      lifetimes,
      payloads,
      get facts() {
        return allFacts();
      },
      get faults() {
        return faultsOf(allFacts());
      },
      progress: new ProgressPublisher(control),
      watcher: new JobWatcher(connections[1]),
      pace,
      capacity: new CapacityEstimator(control, pace),
      limiter: new RateLimiter(control),
      pixels: new PixelBudget(control),
      ...{ retries: new IdempotencyStore(control, lifetimes), batches: new BatchStore(control, lifetimes) },
      sweeper: new Sweeper({ jobs, purge, payloads, observer }, lifetimes.maxDeliveries),
      overview: new ServiceOverview(control, () => payloads.capacityBytes),
      numbers: new WorkerMetrics(control),
      consume: (options) => new JobConsumer(url, turns, { ...options, onConnection }),
      close: async () => {
        await queue.close();
        close();
        payload.close();
        for (const redis of connections) redis.disconnect();
      },
    };
  } catch (error) {
    payload.close();
    for (const redis of connections) redis.disconnect();
    throw error;
  }
}

/** The listeners, each change also going to the observer. */
function counted({ onShard, onConnection, observer = NOBODY }: BrokerListeners): Required<BrokerListeners> {
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
