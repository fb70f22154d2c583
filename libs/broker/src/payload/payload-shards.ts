import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import { payloadServers } from '#config/payload-servers.js';
import { StartError, type ServiceSettings } from '#config/process-lifecycle.js';
import { RetentionGuardError, type CheckedFact } from '#retention/retention-facts.js';
import type { JobRecord } from '../records/job-record.js';
import {
  shardOf,
  shardOrder,
  type ShardAllocation,
  type ShardIncarnation,
} from '../records/shard-incarnation.js';
import { imageCapacity } from '../redis/redis-checks.js';
import { addressAs } from '../redis/redis-connection.js';
import { authenticate, type Authentication } from '../redis/redis-user.js';
import type { PayloadLink } from './payload-link.js';
import { PayloadShard, shardUnavailable, type ShardState } from './payload-shard.js';
import { PayloadStore } from './payload.store.js';
import { ShardWatch } from './shard-watch.js';

/** How long a start waits for shards. Those that do not answer in time are added when they do. */
const SHARD_ANSWER_MS = 3000;
const POLL_MS = 20;

/** Where the payload of a job is. */
export type PayloadLocation = Pick<JobRecord, 'incarnation'>;

/** A shard as operators see it. */
export interface ShardView {
  name: string;
  state: ShardState;
}

/** A shard has changed its state. */
export type ShardListener = (change: { shard: string; state: ShardState }) => void;

/**
 * The payload of jobs. Without payload servers it is on the control Redis, as it is for jobs that were accepted before there
 * were any. With them each job is assigned a shard incarnation when it is accepted.
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

  /** Bytes that images may take now on all servers that can be reached. */
  get capacityBytes(): number {
    if (this.shards.length === 0) return this.homeBytes;
    return this.shards.reduce((sum, shard) => sum + shard.capBytes, 0);
  }

  /** Limit on the reservations of all jobs. With shards, each of them has its own limit instead. */
  get capBytes(): number {
    return this.shards.length === 0 ? this.homeBytes : Number.MAX_SAFE_INTEGER;
  }

  /** Retention checks of each shard in use. */
  get facts(): CheckedFact[] {
    return this.shards.flatMap(({ facts, state }) => (state === 'refused' ? [] : facts));
  }

  /** State of each shard. */
  views(): ShardView[] {
    return this.shards.map(({ name, state }) => ({ name, state }));
  }

  /**
   * Shards that a new job may be assigned, in order of preference; undefined without payload servers.
   * @throws Problem `broker-unavailable` when no shard accepts jobs
   */
  allocations(id: JobId): ShardAllocation[] | undefined {
    if (this.shards.length === 0) return undefined;
    const open = shardOrder(this.shards, id).filter((shard) => shard.allocation() !== undefined);
    const byRoom = [...open.filter(({ isFull }) => !isFull), ...open.filter(({ isFull }) => isFull)];
    const found = byRoom.map((shard) => shard.allocation()).filter((each) => each !== undefined);
    if (found.length === 0) throw shardUnavailable();
    return found;
  }

  /**
   * The payload of a job.
   * @throws Problem `queue-lost` when its shard incarnation has ended
   * @throws Problem `broker-unavailable` when its shard cannot be reached
   */
  of({ incarnation }: PayloadLocation): PayloadStore {
    if (incarnation === undefined) return this.home;
    if (this.watch.isLost(incarnation)) throw new Problem('queue-lost');
    const shard = this.find(incarnation);
    if (shard === undefined || shard.state === 'away' || shard.state === 'refused') throw shardUnavailable();
    if (shard.incarnation !== incarnation) throw new Problem('queue-lost');
    return shard.storeFor(incarnation);
  }

  /** A shard refused a write for lack of memory: new jobs prefer other shards for a while. */
  markFull({ incarnation }: PayloadLocation): void {
    if (incarnation !== undefined) this.find(incarnation)?.markFull();
  }

  /**
   * Deletes payload; called by the purge only. Returns how many keys there were. The payload of an incarnation that has
   * ended is gone, because it was only in the memory of its server.
   * @throws Problem `broker-unavailable` when the payload may still exist
   */
  async remove({ incarnation }: PayloadLocation, keys: readonly string[]): Promise<number> {
    if (incarnation === undefined) return this.home.remove(keys);
    const shard = this.find(incarnation);
    if (shard?.incarnation === undefined) throw shardUnavailable();
    return shard.incarnation === incarnation ? shard.storeFor(incarnation).remove(keys) : 0;
  }

  /** Incarnations that have ended and still have jobs. */
  lostIncarnations(): ShardIncarnation[] {
    return this.watch.lost();
  }

  private find(incarnation: ShardIncarnation): PayloadShard | undefined {
    return this.shards.find(({ name }) => name === shardOf(incarnation));
  }
}

/** What opening the payload servers needs of the broker. */
export interface PayloadParts {
  control: Redis;
  /** Payload connections to the control server. */
  home: PayloadLink;
  onShard: ShardListener;
}

/** The payload servers of a process, and how to close them. */
export interface OpenPayloads {
  payloads: PayloadShards;
  close: () => void;
}

/**
 * Connects to the payload servers that the settings name.
 * @throws RetentionGuardError when one that answers fails a retention check
 * @throws StartError when none of them answers
 */
export async function openPayloads(
  settings: ServiceSettings,
  { user, password }: Pick<Authentication, 'user' | 'password'>,
  { control, home, onShard }: PayloadParts,
): Promise<OpenPayloads> {
  const guard = settings.RETENTION_GUARD;
  const servers = await Promise.all(
    payloadServers(settings).map(async (server) => ({
      ...server,
      url: await userAddress(server.url, { user, password, guard, limitMs: SHARD_ANSWER_MS }),
    })),
  );
  const shards = servers.map((server) => {
    return new PayloadShard({
      ...{ ...server, guard, user },
      onState: (state) => onShard({ shard: server.name, state }),
    });
  });
  const watch = new ShardWatch(control, shards);
  const close = (): void => {
    watch.stop();
    for (const shard of shards) shard.close();
  };
  try {
    await firstAnswers(shards);
    if (shards.length > 0) watch.start();
    return { close, payloads: new PayloadShards(home, await imageCapacity(home.main), shards, watch) };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * The address of a shard with our user. A shard that does not answer authenticates this user later.
 * @throws RetentionGuardError when it does not know the user
 */
async function userAddress(url: string, as: Authentication): Promise<string> {
  try {
    return await authenticate(url, as);
  } catch (error) {
    if (error instanceof RetentionGuardError) throw error;
    return addressAs(as.user, url, as.password);
  }
}

async function firstAnswers(shards: readonly PayloadShard[]): Promise<void> {
  const isPending = (): boolean => shards.some(({ state }) => state === 'away');
  for (const until = Date.now() + SHARD_ANSWER_MS; isPending() && Date.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const refused = shards.filter(({ state }) => state === 'refused');
  if (refused.length > 0) throw new RetentionGuardError(refused.flatMap(({ faults }) => faults));
  if (shards.length > 0 && shards.every(({ state }) => state === 'away')) {
    throw new StartError(
      `No Redis of PAYLOAD_REDIS_URLS answers: ${shards.map(({ name }) => name).join(', ')}.`,
    );
  }
}
