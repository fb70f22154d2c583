/** One image as the simulation knows it. Times in ms. */
export interface SimulatedJob {
  tenant: string;
  weight: number;
  /** When it comes. */
  atMs: number;
  /** How long a worker takes. */
  serviceMs: number;
}

/** Who is next among those that wait. */
export interface Order {
  add(job: SimulatedJob): void;
  /** Takes the next job out; undefined when none waits. */
  next(): SimulatedJob | undefined;
}

/** First in, first out. */
export class ArrivalOrder implements Order {
  private readonly waiting: SimulatedJob[] = [];

  add(job: SimulatedJob): void {
    this.waiting.push(job);
  }

  next(): SimulatedJob | undefined {
    return this.waiting.shift();
  }
}

/** Start-time fair queueing as in libs/broker, with exact turns in place of whole priorities. */
export class FairOrder implements Order {
  private now = 0;
  private readonly taken = new Map<string, number>();
  private readonly waiting = new Map<string, { turn: number; job: SimulatedJob }[]>();

  add(job: SimulatedJob): void {
    const turn = Math.max(this.now, this.taken.get(job.tenant) ?? 0);
    this.taken.set(job.tenant, turn + job.serviceMs / job.weight);
    const line = this.waiting.get(job.tenant) ?? [];
    line.push({ turn, job });
    this.waiting.set(job.tenant, line);
  }

  next(): SimulatedJob | undefined {
    const heads = [...this.waiting.values()].flatMap((line) => line[0] ?? []);
    const first = heads.reduce<(typeof heads)[number] | undefined>(
      (least, head) => (least === undefined || head.turn < least.turn ? head : least),
      undefined,
    );
    if (first === undefined) return undefined;
    this.waiting.get(first.job.tenant)?.shift();
    this.now = Math.max(this.now, first.turn);
    return first.job;
  }
}

/** When a job was begun and done. */
export interface Served {
  job: SimulatedJob;
  waitMs: number;
  doneMs: number;
}

/** Lets `slots` workers do all jobs; no worker idles while a job waits. Jobs in the order in which they were begun. */
export function simulate(jobs: readonly SimulatedJob[], order: Order, slots: number): Served[] {
  const coming = [...jobs].sort((a, b) => a.atMs - b.atMs);
  const freeAt = new Array<number>(slots).fill(0);
  const served: Served[] = [];
  let arrived = 0;
  while (served.length < jobs.length) {
    const slot = freeAt.indexOf(Math.min(...freeAt));
    const free = freeAt[slot] ?? 0;
    for (let job = coming[arrived]; job !== undefined && job.atMs <= free; job = coming[++arrived])
      order.add(job);
    const job = order.next();
    if (job === undefined) {
      freeAt[slot] = coming[arrived]?.atMs ?? free;
      continue;
    }
    const doneMs = free + job.serviceMs;
    freeAt[slot] = doneMs;
    served.push({ job, waitMs: free - job.atMs, doneMs });
  }
  return served;
}
