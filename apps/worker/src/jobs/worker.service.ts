import { Injectable } from '@nestjs/common';
import type { JobConsumer } from '#broker/queue/job-consumer.js';
import { HEARTBEAT_MS, type WorkerFacts } from '#broker/workers/worker-registry.js';
import { METRICS_INTERVAL_MS } from '#broker/workers/worker-metrics.js';
import type { JobId } from '#contracts/job-id.js';
import type { EngineFacts } from '../engine/engine-contract.js';
import { EngineUnavailable } from '../engine/engine-supervisor.js';
import { WorkerContext } from '../worker-context.js';
import { Cancellations } from './cancellations.js';
import { JobProcessor } from './job-processor.js';

/**
 * Jobs in hand for each image that the engine computes at a time: while some compute, others are fetched and
 * decoded, and those before are stored.
 */
const JOBS_PER_SLOT = 2;

/** Starts the engine, takes jobs, gives signs of life, and stops in good order. */
@Injectable()
export class WorkerService {
  /** The last sign of life given. */
  private sign: WorkerFacts | undefined;
  /** Whether the last one got through: trouble is logged once. */
  private beats = true;
  private consumer: JobConsumer | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private reporting: NodeJS.Timeout | undefined;
  private readonly startedAt = new Date().toISOString();
  private readonly underWay = new Map<JobId, Promise<void>>();

  constructor(
    private readonly context: WorkerContext,
    private readonly processor: JobProcessor,
    private readonly cancellations: Cancellations,
  ) {}

  /** Resolves once the models are warm and jobs are taken. `onDead` is called when this process can do no work. */
  async start(onDead: () => void): Promise<void> {
    const { engineReady, log } = this.context;
    const engine = await engineReady;
    for (const { provider, fault } of engine.declined) {
      log.warn('accelerator', { declined: provider, fault, provider: engine.provider });
    }
    await this.cancellations.listen();
    this.consumer = this.context.broker.consume({
      concurrency: JOBS_PER_SLOT * engine.batch,
      onTrouble: () => log.warn('trouble', { with: 'queue' }),
      work: (id) => this.workOnce(id, onDead),
    });
    this.consumer.start();
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.reporting = setInterval(() => void this.tellNumbers(), METRICS_INTERVAL_MS);
    await this.beat();
    await this.seedEstimate(engine);
    const { models, provider, batch: slots } = engine;
    log.info('started', { service: 'worker', model: models.join(','), provider, slots });
  }

  /** Finishes jobs begun and takes no more. */
  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    clearInterval(this.reporting);
    const { broker, engine } = this.context;
    if (this.sign !== undefined) await broker.workerRegistry.deregister(this.sign).catch(() => undefined);
    await this.consumer?.close();
    await engine.stop();
  }

  /**
   * A lock that lapsed during an outage makes BullMQ hand a job out again, maybe to this very process, which has
   * it in hand: then the work under way counts for both. A second start would fence the first one off.
   */
  private workOnce(id: JobId, onDead: () => void): Promise<void> {
    const begun = this.underWay.get(id);
    if (begun !== undefined) return begun;
    const work = this.work(id, onDead).finally(() => this.underWay.delete(id));
    this.underWay.set(id, work);
    return work;
  }

  /** A job that this process cannot do must not count as done: BullMQ hands it to another worker when we die. */
  private async work(id: JobId, onDead: () => void): Promise<void> {
    try {
      await this.processor.process(id);
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) this.context.log.defect(error);
      onDead();
      await new Promise(() => undefined);
    }
  }

  /** Before the first image, the warm-up of the default model is the best guess at what one takes. */
  private async seedEstimate({ models: [model], warmUpMs }: EngineFacts): Promise<void> {
    if (model === undefined || warmUpMs === 0) return;
    await this.context.broker.estimator.seed(model, warmUpMs).catch(() => undefined);
  }

  /** The next numbers make up for those that Redis did not take. */
  private async tellNumbers(): Promise<void> {
    const { engine, broker, telemetry } = this.context;
    await broker.workerMetrics.publish(telemetry.name, telemetry.numbers(engine)).catch(() => undefined);
  }

  /** The engine may have been replaced by one on another provider since the last time. */
  private async beat(): Promise<void> {
    const { engine, broker, log, telemetry } = this.context;
    if (engine.facts === undefined) return;
    const { models, provider, batch: slots } = engine.facts;
    const [model = ''] = models;
    const { startedAt } = this;
    this.sign = { name: telemetry.name, slots, model, models, provider, faults: broker.faults, startedAt };
    try {
      await broker.workerRegistry.heartbeat(this.sign);
      this.beats = true;
    } catch {
      if (this.beats) log.warn('trouble', { with: 'heartbeat' });
      this.beats = false;
    }
  }
}
