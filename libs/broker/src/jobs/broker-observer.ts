import type { JobRecord } from '../records/job-record.js';
import type { ShardState } from '../payload/payload-shard.js';
import type { ConnectionChange } from '../redis/redis-health.js';

/** Receives what happens in the broker that operators count. It must not throw. */
export interface BrokerObserver {
  /** Nothing of a job is left; `tombstone` says how and when it ended, and when that was done. */
  purged(tombstone: JobRecord): void;
  /** The sweeper settled a job whose time had run out. */
  swept(correction: 'released' | 'completed' | 'expired'): void;
  /** A connection to the control Redis was lost, or is usable again. */
  connectionChanged(change: ConnectionChange): void;
  /** A payload shard came into another state. */
  shardChanged(state: ShardState): void;
}

/** For whoever counts nothing. */
export const NOBODY: BrokerObserver = {
  purged: () => undefined,
  swept: () => undefined,
  connectionChanged: () => undefined,
  shardChanged: () => undefined,
};
