import type { JobRecord } from '../records/job-record.js';
import type { ShardState } from '../payload/payload-shard.js';
import type { ConnectionChange } from '../redis/redis-health.js';

/** Receives events of the broker for metrics. It must not throw. */
export interface BrokerObserver {
  /** A job is purged; its tombstone has the times of its end and purge. */
  purged(tombstone: JobRecord): void;
  /** The sweeper handled a job whose deadline had passed. */
  swept(correction: 'released' | 'completed' | 'expired' | 'unstarted'): void;
  /** A connection to the control Redis was lost or restored. */
  connectionChanged(change: ConnectionChange): void;
  /** A payload shard changed its state. */
  shardChanged(state: ShardState): void;
}

/** Ignores all events. */
export const noopObserver: BrokerObserver = {
  purged: () => undefined,
  swept: () => undefined,
  connectionChanged: () => undefined,
  shardChanged: () => undefined,
};
