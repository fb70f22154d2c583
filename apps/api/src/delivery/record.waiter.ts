import { Injectable } from '@nestjs/common';
import { Problem, type ProblemCode } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { StopBell } from './stop.bell.js';
import { readThrough, Wait, type WaitLimits } from './wait.js';

/** Something in Redis that changes, and tells when it does. */
export interface Watched<T> {
  /** Rings at each change until the returned function is called. */
  watch: (ring: () => void) => Promise<() => void>;
  read: () => Promise<T | undefined>;
  /** What it means that there is none. */
  unknown: ProblemCode;
}

/** Waits for records to change: on their channels, reading again at each notice. */
@Injectable()
export class RecordWaiter {
  constructor(
    private readonly context: ApiContext,
    private readonly stop: StopBell,
  ) {}

  /**
   * The record as soon as `enough` holds of it, else as it stands when the wait ends; at once without a wait.
   * @throws Problem `watched.unknown` when there was no record to begin with
   * @throws Problem `queue-lost` when it vanished while waiting
   * @throws Problem `broker-unavailable` when Redis is away and the time is up
   */
  async until<T>(
    watched: Watched<T>,
    enough: (record: T) => boolean,
    limits: Required<WaitLimits>,
  ): Promise<T> {
    if (limits.timeoutMs === 0) {
      const record = await watched.read();
      if (record === undefined) throw new Problem(watched.unknown);
      return record;
    }
    const wait = new Wait(this.stop, limits);
    const left = this.context.telemetry.waiting('poll');
    let unwatch = (): void => undefined;
    try {
      unwatch = await watched.watch(() => wait.ring());
      for (let known = false; ; known = true) {
        const record = await readThrough(watched.read, wait);
        if (record === undefined) throw new Problem(known ? 'queue-lost' : watched.unknown);
        if (enough(record) || wait.over) return record;
        await wait.rung();
      }
    } finally {
      wait.release();
      left();
      unwatch();
    }
  }
}
