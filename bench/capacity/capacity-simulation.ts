/**
 * A discrete-event simulation of the service: arrivals, APIs, payload shards, the queue, workers that prefetch jobs,
 * and engines that process one image or a batch. Images are represented by their costs.
 */
import { EventQueue, FifoQueue, Station } from './event-simulation.js';

/** Number of each kind of process. */
export interface Fleet {
  apis: number;
  shards: number;
  workers: number;
  /** Largest batch of an engine; 1 on the CPU. */
  batch: number;
}

/** Costs of one image, in ms. */
export interface ImageCost {
  /** An API's event loop, until the image is queued. */
  intakeMs: number;
  /** A payload shard, for each of the four transfers: in, to the worker, back, out. */
  shardMs: number;
  /** Pickup from the queue by a worker, without waiting. */
  pickupMs: number;
  /** Decrypting the upload in the worker. */
  fetchMs: number;
  /** The engine, with this image alone. */
  engineMs: number;
  storeMs: number;
  /** An API's event loop, until the last byte is out. */
  deliverMs: number;
  /** Latency without CPU time, such as network and wake-ups. */
  latencyMs: number;
}

/** Time of an engine run with these images, in ms. */
export type EngineTime = (images: readonly ImageCost[]) => number;

/** On the CPU a run has one image. */
export const oneByOne: EngineTime = (images) => images.reduce((sum, { engineMs }) => sum + engineMs, 0);

/** Jobs that a worker holds for each image of a run, as JOBS_PER_SLOT of the worker. */
const JOBS_PER_SLOT = 2;

/** An image and its time of arrival. */
export interface SimulatedImage {
  atMs: number;
  cost: ImageCost;
}

/** The queue and the workers. A worker that can hold another job waits in line, as with BLPOP. */
class WorkerPool {
  private readonly waiting = new FifoQueue<QueuedJob>();
  private readonly idle = new FifoQueue<Worker>();

  constructor(events: EventQueue, { workers, batch }: Fleet, time: EngineTime) {
    for (let i = 0; i < workers; i += 1) this.idle.push(new Worker(events, { batch, time }, this));
  }

  add(held: QueuedJob): void {
    this.waiting.push(held);
    this.match();
  }

  /** A worker can hold another job. */
  addIdle(worker: Worker): void {
    this.idle.push(worker);
    this.match();
  }

  private match(): void {
    while (this.waiting.length > 0 && this.idle.length > 0) {
      const worker = this.idle.shift()!;
      worker.take(this.waiting.shift()!);
    }
  }
}

/** A job in the queue or with a worker, with the steps before and after its computation. */
interface QueuedJob {
  cost: ImageCost;
  before: (then: () => void) => void;
  after: (then: () => void) => void;
}

class Worker {
  private holds = 0;
  private isIdle = true;
  private computing = false;
  private readonly line: QueuedJob[] = [];

  constructor(
    private readonly events: EventQueue,
    private readonly engine: { batch: number; time: EngineTime },
    private readonly pool: WorkerPool,
  ) {}

  take(held: QueuedJob): void {
    this.holds += 1;
    this.isIdle = false;
    this.requestJob();
    held.before(() => {
      this.line.push(held);
      this.compute();
    });
  }

  private requestJob(): void {
    if (this.isIdle || this.holds >= JOBS_PER_SLOT * this.engine.batch) return;
    this.isIdle = true;
    this.pool.addIdle(this);
  }

  private compute(): void {
    if (this.computing || this.line.length === 0) return;
    this.computing = true;
    const run = this.line.splice(0, this.engine.batch);
    this.events.in(this.engine.time(run.map(({ cost }) => cost)), () => {
      this.computing = false;
      for (const held of run) {
        held.after(() => {
          this.holds -= 1;
          this.requestJob();
        });
      }
      this.compute();
    });
  }
}

/** Result of a simulation. */
export interface Outcome {
  /** From the first byte sent to the last received, in the order of arrival. */
  latenciesMs: number[];
  /** From the first arrival to the last departure. */
  lastedMs: number;
  /** Largest number of jobs in the service at a time. */
  maxInFlight: number;
}

/** Simulates a fleet. Arrivals are in order of time. */
export function simulateService(
  jobs: readonly SimulatedImage[],
  fleet: Fleet,
  time: EngineTime = oneByOne,
): Outcome {
  const events = new EventQueue();
  const api = new Station(events, fleet.apis);
  const shard = new Station(events, fleet.shards);
  const pool = new WorkerPool(events, fleet, time);
  const latenciesMs = new Array<number>(jobs.length).fill(NaN);
  let inFlight = 0;
  let maxInFlight = 0;
  jobs.forEach(({ atMs, cost }, index) => {
    const depart = (): void => {
      inFlight -= 1;
      latenciesMs[index] = events.now + cost.latencyMs - atMs;
    };
    const deliver = (): void => shard.serve(cost.shardMs, () => api.serve(cost.deliverMs, depart));
    const held: QueuedJob = {
      cost,
      before: (then) =>
        events.in(cost.pickupMs, () => shard.serve(cost.shardMs, () => events.in(cost.fetchMs, then))),
      after: (then) =>
        events.in(cost.storeMs, () =>
          shard.serve(cost.shardMs, () => {
            then();
            deliver();
          }),
        ),
    };
    events.in(atMs, () => {
      inFlight += 1;
      maxInFlight = Math.max(maxInFlight, inFlight);
      api.serve(cost.intakeMs, () => shard.serve(cost.shardMs, () => pool.add(held)));
    });
  });
  events.run();
  return { latenciesMs, lastedMs: events.now, maxInFlight };
}
