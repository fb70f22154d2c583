import type { JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { CheckedFact } from '#retention/retention-facts.js';
import type { JobRecord } from '../records/job-record.js';
import type { PayloadLink } from './payload-link.js';
import { away, type PayloadShard, type ShardState } from './payload-shard.js';
import { PayloadStore } from './payload.store.js';
import { shardOrder } from './shard-order.js';
import { shardOf, type ShardIncarnation, type ShardAllocation } from '../records/shard-incarnation.js';
import type { ShardWatch } from './shard-watch.js';

/** Whose payload is meant. */
export type Seated = Pick<JobRecord, 'seat'>;

/** A shard as operators see it. */
export interface ShardView {
  name: string;
  state: ShardState;
}

/**
 * Where payload is. Without payload servers, all of it is on the control Redis, as jobs are that were accepted before
 * there were any. With them, each job has a seat, chosen when it is accepted.
 */
export class PayloadShards {
  private readonly home: PayloadStore;

  constructor(
    home: PayloadLink,
    private readonly homeBytes: number,
    private readonly shards: readonly PayloadShard[],
    private readonly watch: ShardWatch,
  ) {
    this.home = new PayloadStore(home);
  }

  /** Bytes that images may take now, on all servers that are there. */
  get capacityBytes(): number {
    if (this.shards.length === 0) return this.homeBytes;
    return this.shards.reduce((sum, shard) => sum + shard.capBytes, 0);
  }

  /** Most bytes that all jobs together may reserve: where payload is on shards, each of them has a cap of its own. */
  get capBytes(): number {
    return this.shards.length === 0 ? this.homeBytes : Number.MAX_SAFE_INTEGER;
  }

  /** What was found out about each shard that is in use. */
  get facts(): CheckedFact[] {
    return this.shards.flatMap(({ facts, state }) => (state === 'refused' ? [] : facts));
  }

  /** How each shard stands. */
  views(): ShardView[] {
    return this.shards.map(({ name, state }) => ({ name, state }));
  }

  /**
   * Seats that a new job may take, the one that it prefers first; undefined where payload needs none.
   * @throws Problem `broker-unavailable` when no shard takes new jobs
   */
  offers(id: JobId): ShardAllocation[] | undefined {
    if (this.shards.length === 0) return undefined;
    const open = shardOrder(this.shards, id).filter((shard) => shard.offer() !== undefined);
    const [full, roomy] = [open.filter(({ isFull }) => isFull), open.filter(({ isFull }) => !isFull)];
    const offers = [...roomy, ...full].map((shard) => shard.offer()).filter((offer) => offer !== undefined);
    if (offers.length === 0) throw away();
    return offers;
  }

  /**
   * The payload of a job.
   * @throws Problem `queue-lost` when it went with its shard
   * @throws Problem `broker-unavailable` when its shard cannot be reached, for now
   */
  of({ seat }: Seated): PayloadStore {
    if (seat === undefined) return this.home;
    if (this.watch.isLost(seat)) throw new Problem('queue-lost');
    const shard = this.find(seat);
    if (shard === undefined || shard.state === 'away' || shard.state === 'refused') throw away();
    if (shard.seat !== seat) throw new Problem('queue-lost');
    return shard.payloadOf(seat);
  }

  /** A shard refused a write for want of memory: others come first for a while. */
  noteFull({ seat }: Seated): void {
    if (seat !== undefined) this.find(seat)?.noteFull();
  }

  /**
   * Removes payload, for the purge alone. Returns how many keys there were. What was in a life of a server that has
   * ended is gone: nothing of it was ever anywhere but in its memory.
   * @throws Problem `broker-unavailable` when the bytes may still be somewhere
   */
  async remove({ seat }: Seated, keys: readonly string[]): Promise<number> {
    if (seat === undefined) return this.home.remove(keys);
    const shard = this.find(seat);
    if (shard?.seat === undefined) throw away();
    return shard.seat === seat ? shard.payloadOf(seat).remove(keys) : 0;
  }

  /** Seats with jobs of which nothing will be heard again. */
  lost(): ShardIncarnation[] {
    return this.watch.lost();
  }

  private find(seat: ShardIncarnation): PayloadShard | undefined {
    return this.shards.find(({ name }) => name === shardOf(seat));
  }
}
