import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { JobConsumer } from '#broker/job.consumer.js';
import { HEARTBEAT_MS, type WorkerFacts } from '#broker/pace.js';
import type { JobId } from '#contracts/job.id.js';
import { EngineUnavailable } from '../engine/engine.host.js';
import { WorkerContext } from '../worker.context.js';
import { Cancellations } from './cancellations.js';
import { CutoutProcessor } from './cutout.processor.js';

/** Images in the engine at a time. */
const SLOTS = 1;

/** While one image computes, the next is fetched and the one before is stored. */
const CONCURRENCY = SLOTS + 1;

/** Starts the engine, takes jobs, gives signs of life, and stops in good order. */
@Injectable()
export class WorkerService {
  private readonly facts: WorkerFacts;
  private consumer: JobConsumer | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private readonly underWay = new Map<JobId, Promise<void>>();

  constructor(
    private readonly context: WorkerContext,
    private readonly processor: CutoutProcessor,
    private readonly cancellations: Cancellations,
  ) {
    const name = randomBytes(6).toString('hex');
    const { settings, broker } = context;
    this.facts = { name, slots: SLOTS, model: settings.MODEL, provider: 'cpu', faults: broker.faults };
  }

  /** Resolves once the model is warm and jobs are taken. `onDead` is called when this process can do no work. */
  async start(onDead: () => void): Promise<void> {
    const { engineReady, log } = this.context;
    await engineReady;
    await this.cancellations.listen();
    this.consumer = this.context.broker.consume({
      concurrency: CONCURRENCY,
      onTrouble: () => log.warn('trouble', { with: 'queue' }),
      work: (id) => this.workOnce(id, onDead),
    });
    this.consumer.start();
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    await this.beat();
    log.info('started', { service: 'worker', model: this.facts.model, provider: 'cpu', slots: SLOTS });
  }

  /** Finishes jobs begun and takes no more. */
  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    const { broker, engine } = this.context;
    await broker.pace.leave(this.facts).catch(() => undefined);
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

  private async beat(): Promise<void> {
    const { engine, broker, log } = this.context;
    if (engine.facts === undefined) return;
    await broker.pace.beat(this.facts).catch(() => log.warn('trouble', { with: 'heartbeat' }));
  }
}
