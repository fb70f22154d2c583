import type { JobRecord } from './job.record.js';

/** Hears what happens in the broker that operators count. It must not throw. */
export interface BrokerObserver {
  /** Nothing of a job is left; `tombstone` says how and when it ended, and when that was done. */
  purged(tombstone: JobRecord): void;
  /** The sweeper settled a job whose time had run out. */
  swept(correction: 'released' | 'completed' | 'expired'): void;
}

/** For whoever counts nothing. */
export const NOBODY: BrokerObserver = { purged: () => undefined, swept: () => undefined };
