/** One simulated image. Times in ms. */
export interface SimulatedJob {
  tenant: string;
  weight: number;
  /** Time of arrival. */
  atMs: number;
  /** How long a worker takes. */
  serviceMs: number;
}

/** Order of the waiting jobs. */
export interface Order {
  add(job: SimulatedJob): void;
  /** Removes the next job; undefined when none waits. */
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

/** Start-time fair queueing as in libs/broker, with exact start tags instead of integer priorities. */
export class FairOrder implements Order {
  private now = 0;
  private readonly finishTags = new Map<string, number>();
  private readonly waiting = new Map<string, { startTag: number; job: SimulatedJob }[]>();

  add(job: SimulatedJob): void {
    const startTag = Math.max(this.now, this.finishTags.get(job.tenant) ?? 0);
    this.finishTags.set(job.tenant, startTag + job.serviceMs / job.weight);
    const line = this.waiting.get(job.tenant) ?? [];
    line.push({ startTag, job });
    this.waiting.set(job.tenant, line);
  }

  next(): SimulatedJob | undefined {
    const heads = [...this.waiting.values()].flatMap((line) => line[0] ?? []);
    const first = heads.reduce<(typeof heads)[number] | undefined>(
      (min, head) => (min === undefined || head.startTag < min.startTag ? head : min),
      undefined,
    );
    if (first === undefined) return undefined;
    this.waiting.get(first.job.tenant)?.shift();
    this.now = Math.max(this.now, first.startTag);
    return first.job;
  }
}

/** When a job was started and completed. */
export interface ServedJob {
  job: SimulatedJob;
  waitMs: number;
  doneMs: number;
}

/** Simulates `slots` workers; no worker is idle while a job waits. Jobs are in order of their start. */
export function simulate(jobs: readonly SimulatedJob[], order: Order, slots: number): ServedJob[] {
  const coming = [...jobs].sort((a, b) => a.atMs - b.atMs);
  const freeAt = new Array<number>(slots).fill(0);
  const served: ServedJob[] = [];
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
