import { Injectable } from '@nestjs/common';
import { Problem, type ProblemCode } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';

const RETRY_MS = 250;

/** When a wait ends without its condition: after `timeoutMs`, or when `signal` says the client has gone. */
export interface WaitLimits {
  timeoutMs: number;
  signal: AbortSignal;
}

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
  constructor(private readonly context: ApiContext) {}

  /**
   * The record as soon as `enough` holds of it, else as it stands when the wait ends.
   * @throws Problem `watched.unknown` when there was no record to begin with
   * @throws Problem `queue-lost` when it vanished while waiting
   * @throws Problem `broker-unavailable` when Redis is away and the time is up
   */
  async until<T>(
    watched: Watched<T>,
    enough: (record: T) => boolean,
    { timeoutMs, signal }: WaitLimits,
  ): Promise<T> {
    // Not `AbortSignal.timeout`: within `any`, Node 20 collects it as garbage before its time, and nothing ever ends.
    const time = new AbortController();
    const timer = setTimeout(() => time.abort(), timeoutMs);
    const ends = AbortSignal.any([signal, this.context.stopping, time.signal]);
    const bell = new Bell(ends);
    const left = timeoutMs > 0 ? this.context.telemetry.waiting('poll') : () => undefined;
    const unwatch = timeoutMs > 0 ? await watched.watch(() => bell.ring()) : () => undefined;
    try {
      for (let known = false; ; known = true) {
        const record = await readThrough(watched.read, ends);
        if (record === undefined) throw new Problem(known ? 'queue-lost' : watched.unknown);
        if (timeoutMs === 0 || enough(record) || ends.aborted) return record;
        await bell.rung();
      }
    } finally {
      clearTimeout(timer);
      left();
      unwatch();
    }
  }
}

/** Reads on through an outage of Redis until `ends` is aborted. @throws Problem `broker-unavailable` then */
export async function readThrough<T>(read: () => Promise<T>, ends: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (ends.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Remembers a ring until somebody listens; an ended wait rings too. */
export class Bell {
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(private readonly ends: AbortSignal) {
    ends.addEventListener('abort', () => this.ring(), { once: true });
  }

  /** Wakes whoever listens, or the next who does. */
  ring(): void {
    this.pending = true;
    this.wake?.();
  }

  /** Resolves at the next ring, or at once when one was missed or the wait has ended. */
  async rung(): Promise<void> {
    if (!this.pending && !this.ends.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    this.pending = false;
    this.wake = undefined;
  }
}
