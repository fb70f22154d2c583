import type { JobConsumer } from '#broker/queue/job-consumer.js';
import { HEARTBEAT_MS, type WorkerFacts } from '#broker/workers/worker-registry.js';
import { METRICS_INTERVAL_MS } from '#broker/workers/worker-metrics.js';
import type { JobId } from '#contracts/job-id.js';
import { EngineUnavailable, type EngineFacts } from '../engine/engine-contract.js';
import { JobProcessor, type WorkerResources } from './job-processor.js';

/**
 * Concurrent jobs for each image that the engine computes at a time: meanwhile the next ones are fetched and decoded,
 * and the previous ones are stored.
 */
const JOBS_PER_SLOT = 2;

/** Consumes jobs, sends heartbeats and metrics, and shuts down. */
export class JobWorker {
  /** Content of the last heartbeat. */
  private facts: WorkerFacts | undefined;
  /** False after a heartbeat that failed: consecutive failures are logged once. */
  private isRegistered = true;
  private consumer: JobConsumer | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private reporting: NodeJS.Timeout | undefined;
  private readonly startedAt = new Date().toISOString();
  private readonly running = new Map<JobId, Promise<void>>();

  private readonly processor: JobProcessor;

  constructor(private readonly resources: WorkerResources) {
    this.processor = new JobProcessor(resources);
  }

  /**
   * Consumes jobs with an engine that is warm. `onFatal` is called when this process cannot process jobs any more.
   * @param engine facts of the started engine
   */
  async start(engine: EngineFacts, onFatal: () => void): Promise<void> {
    const { broker, log } = this.resources;
    for (const { provider, fault } of engine.declined) {
      log.warn('accelerator', { declined: provider, fault, provider: engine.provider });
    }
    await this.processor.subscribe();
    this.consumer = broker.consume({
      concurrency: JOBS_PER_SLOT * engine.batch,
      onTrouble: () => log.warn('trouble', { with: 'queue' }),
      work: (id) => this.processOnce(id, onFatal),
    });
    this.consumer.start();
    this.heartbeat = setInterval(() => void this.sendHeartbeat(), HEARTBEAT_MS);
    this.reporting = setInterval(() => void this.publishMetrics(), METRICS_INTERVAL_MS);
    await this.sendHeartbeat();
    await this.seedEstimate(engine);
    const { models, provider, batch: slots } = engine;
    log.info('started', { service: 'worker', model: models.join(','), provider, slots });
  }

  /** Completes the running jobs and takes no more. */
  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    clearInterval(this.reporting);
    const { broker, engine } = this.resources;
    if (this.facts !== undefined) await broker.workerRegistry.deregister(this.facts).catch(() => undefined);
    await this.consumer?.close();
    await engine.stop();
  }

  /**
   * When a lock expires during an outage, BullMQ gives out the job again, possibly to this process, which is still
   * processing it: both deliveries then await the same work. A second start would fence off the first.
   */
  private processOnce(id: JobId, onFatal: () => void): Promise<void> {
    const running = this.running.get(id);
    if (running !== undefined) return running;
    const work = this.process(id, onFatal).finally(() => this.running.delete(id));
    this.running.set(id, work);
    return work;
  }

  /** Never resolves for a job that this process cannot do: BullMQ gives it to another worker once this one has exited. */
  private async process(id: JobId, onFatal: () => void): Promise<void> {
    try {
      await this.processor.process(id);
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) this.resources.log.defect(error);
      onFatal();
      await new Promise(() => undefined);
    }
  }

  /** Until the first image, the warm-up of the default model is the estimate of the service time. */
  private async seedEstimate({ models: [model], warmUpMs }: EngineFacts): Promise<void> {
    if (model === undefined || warmUpMs === 0) return;
    await this.resources.broker.estimator.seed(model, warmUpMs).catch(() => undefined);
  }

  /** Counters are cumulative, so the next report makes up for one that failed. */
  private async publishMetrics(): Promise<void> {
    const { engine, broker, telemetry } = this.resources;
    await broker.workerMetrics.publish(telemetry.name, telemetry.numbers(engine)).catch(() => undefined);
  }

  /** The facts may have changed: the engine may have been replaced by one on another provider. */
  private async sendHeartbeat(): Promise<void> {
    const { engine, broker, log, telemetry } = this.resources;
    if (engine.facts === undefined) return;
    const { models, provider, batch: slots } = engine.facts;
    const [model = ''] = models;
    const { startedAt } = this;
    this.facts = { name: telemetry.name, slots, model, models, provider, faults: broker.faults, startedAt };
    try {
      await broker.workerRegistry.heartbeat(this.facts);
      this.isRegistered = true;
    } catch {
      if (this.isRegistered) log.warn('trouble', { with: 'heartbeat' });
      this.isRegistered = false;
    }
  }
}
