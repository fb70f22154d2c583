/**
 * A discrete-event simulation of the service: arrivals, APIs, payload shards, the queue, workers that hold more jobs
 * than they compute, engines that take one image or a batch. It knows nothing of images but what they cost.
 */

import { Agenda, Line, Station } from './capacity-agenda.js';

/** How many there are of each. */
export interface Fleet {
  apis: number;
  shards: number;
  workers: number;
  /** Most images in one run of an engine; 1 on the CPU. */
  batch: number;
}

/** What one image takes of each, in ms. */
export interface ImageCost {
  /** An API's event loop, until the image is queued. */
  intakeMs: number;
  /** A payload shard, each of the four times that bytes pass it: in, to the worker, back, out. */
  shardMs: number;
  /** From the queue into a worker's hands, beside waiting. */
  pickupMs: number;
  /** Opening the upload in the worker. */
  fetchMs: number;
  /** The engine, alone with this image. */
  engineMs: number;
  storeMs: number;
  /** An API's event loop, until the last byte is out. */
  deliverMs: number;
  /** Beside all of these: nobody's time, as of wires and wake-ups. */
  latencyMs: number;
}

/** What a run of an engine takes with these images, in ms. */
export type EngineTime = (images: readonly ImageCost[]) => number;

/** On the CPU a run has one image. */
export const oneByOne: EngineTime = (images) => images.reduce((sum, { engineMs }) => sum + engineMs, 0);

/** Jobs that a worker holds for each image of a run, as JOBS_PER_SLOT of the worker. */
const JOBS_PER_SLOT = 2;

/** An image and when it comes. */
export interface SimulatedImage {
  atMs: number;
  cost: ImageCost;
}

/** The queue and those who take from it. A worker that can hold one more waits for its turn, as at BLPOP. */
class Crew {
  private readonly waiting = new Line<Held>();
  private readonly idle = new Line<Worker>();

  constructor(agenda: Agenda, { workers, batch }: Fleet, time: EngineTime) {
    for (let i = 0; i < workers; i += 1) this.idle.push(new Worker(agenda, { batch, time }, this));
  }

  add(held: Held): void {
    this.waiting.push(held);
    this.match();
  }

  /** A worker can hold one more. */
  offer(worker: Worker): void {
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

/** A job in the queue or with a worker: what is to be done before it can be computed, and after. */
interface Held {
  cost: ImageCost;
  before: (then: () => void) => void;
  after: (then: () => void) => void;
}

class Worker {
  private holds = 0;
  private offers = true;
  private computing = false;
  private readonly line: Held[] = [];

  constructor(
    private readonly agenda: Agenda,
    private readonly engine: { batch: number; time: EngineTime },
    private readonly crew: Crew,
  ) {}

  take(held: Held): void {
    this.holds += 1;
    this.offers = false;
    this.reoffer();
    held.before(() => {
      this.line.push(held);
      this.compute();
    });
  }

  private reoffer(): void {
    if (this.offers || this.holds >= JOBS_PER_SLOT * this.engine.batch) return;
    this.offers = true;
    this.crew.offer(this);
  }

  private compute(): void {
    if (this.computing || this.line.length === 0) return;
    this.computing = true;
    const run = this.line.splice(0, this.engine.batch);
    this.agenda.in(this.engine.time(run.map(({ cost }) => cost)), () => {
      this.computing = false;
      for (const held of run) {
        held.after(() => {
          this.holds -= 1;
          this.reoffer();
        });
      }
      this.compute();
    });
  }
}

/** What came out of a simulation. */
export interface Outcome {
  /** From the first byte sent to the last received, in the order of arrival. */
  latenciesMs: number[];
  /** From the first arrival to the last departure. */
  lastedMs: number;
  /** Most jobs that were in the service at a time. */
  mostInFlight: number;
}

/** Lets all jobs pass through a fleet. Arrivals in order of time. */
export function simulateService(
  jobs: readonly SimulatedImage[],
  fleet: Fleet,
  time: EngineTime = oneByOne,
): Outcome {
  const agenda = new Agenda();
  const api = new Station(agenda, fleet.apis);
  const shard = new Station(agenda, fleet.shards);
  const crew = new Crew(agenda, fleet, time);
  const latenciesMs = new Array<number>(jobs.length).fill(NaN);
  let inFlight = 0;
  let mostInFlight = 0;
  jobs.forEach(({ atMs, cost }, index) => {
    const leave = (): void => {
      inFlight -= 1;
      latenciesMs[index] = agenda.now + cost.latencyMs - atMs;
    };
    const deliver = (): void => shard.serve(cost.shardMs, () => api.serve(cost.deliverMs, leave));
    const held: Held = {
      cost,
      before: (then) =>
        agenda.in(cost.pickupMs, () => shard.serve(cost.shardMs, () => agenda.in(cost.fetchMs, then))),
      after: (then) =>
        agenda.in(cost.storeMs, () =>
          shard.serve(cost.shardMs, () => {
            then();
            deliver();
          }),
        ),
    };
    agenda.in(atMs, () => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      api.serve(cost.intakeMs, () => shard.serve(cost.shardMs, () => crew.add(held)));
    });
  });
  agenda.run();
  return { latenciesMs, lastedMs: agenda.now, mostInFlight };
}
