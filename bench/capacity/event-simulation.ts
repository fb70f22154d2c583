/** Event queue of the simulation, soonest first (a binary heap). */
export class EventQueue {
  now = 0;
  private readonly heap: { at: number; act: () => void }[] = [];

  /** Schedules `act` in `ms`. */
  in(ms: number, act: () => void): void {
    const { heap } = this;
    heap.push({ at: this.now + ms, act });
    for (let i = heap.length - 1; i > 0;) {
      const up = (i - 1) >> 1;
      if (heap[up]!.at <= heap[i]!.at) break;
      [heap[up], heap[i]] = [heap[i]!, heap[up]!];
      i = up;
    }
  }

  /** Runs all events. */
  run(): void {
    for (let next = this.take(); next !== undefined; next = this.take()) {
      this.now = next.at;
      next.act();
    }
  }

  private take(): { at: number; act: () => void } | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      const min = [left, left + 1].reduce(
        (m, c) => (c < heap.length && heap[c]!.at < heap[m]!.at ? c : m),
        i,
      );
      if (min === i) return first;
      [heap[min], heap[i]] = [heap[i]!, heap[min]!];
      i = min;
    }
  }
}

/** First-in-first-out queue without moving elements. */
export class FifoQueue<T> {
  private items: T[] = [];
  private head = 0;

  /** Number of elements. */
  get length(): number {
    return this.items.length - this.head;
  }

  /** Appends an element. */
  push(item: T): void {
    this.items.push(item);
  }

  /** Removes the first element. */
  shift(): T | undefined {
    const item = this.items[this.head];
    if (item === undefined) return undefined;
    this.head += 1;
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}

/** A station: servers that share one queue. */
export class Station {
  private readonly line = new FifoQueue<{ ms: number; then: () => void }>();
  private free: number;

  constructor(
    private readonly events: EventQueue,
    servers: number,
  ) {
    this.free = servers;
  }

  /** Serves a customer for `ms`, after those before. */
  serve(ms: number, then: () => void): void {
    this.line.push({ ms, then });
    this.next();
  }

  private next(): void {
    if (this.free === 0) return;
    const work = this.line.shift();
    if (work === undefined) return;
    this.free -= 1;
    this.events.in(work.ms, () => {
      this.free += 1;
      work.then();
      this.next();
    });
  }
}

/** Pseudo-random numbers from 0 to 1 from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Arrival times of a Poisson process of `count` images, `perSecond` on average. */
export function arrivals(count: number, perSecond: number, random: () => number): number[] {
  let at = 0;
  return Array.from({ length: count }, () => (at -= (Math.log(1 - random()) * 1000) / perSecond));
}
