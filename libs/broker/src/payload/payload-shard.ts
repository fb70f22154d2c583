import type { Redis } from 'ioredis';
import { Problem } from '#contracts/problem-catalog.js';
import type { SHARD_STATES } from '#contracts/service-view.js';
import type { PayloadServer } from '#config/payload-servers.js';
import { checkedNow, faultsOf, type CheckedFact } from '#retention/retention-facts.js';
import { afterRunning } from '#config/run-timer.js';
import { PayloadLink } from './payload-link.js';
import { PayloadStore } from './payload.store.js';
import { imageCapacity, redisFacts } from '../redis/redis-checks.js';
import { incarnationOf, type ShardIncarnation, type ShardAllocation } from '../records/shard-incarnation.js';

/** A server that does not answer within this time is unavailable. */
const ANSWER_MS = 1000;

/** How long a server that refused a write for lack of memory is the last choice for new jobs. */
const FULL_MS = 5000;

const UNAVAILABLE_RETRY_S = 2;

/** State of a shard, as this process sees it. */
export type ShardState = (typeof SHARD_STATES)[number];

/** Address and options of a shard. */
export interface ShardOptions extends PayloadServer {
  user: 'api' | 'worker';
  guard: 'enforce' | 'warn';
  /** Receives each change of its state. */
  onState: (state: ShardState) => void;
}

/**
 * One payload server. After each connection its incarnation is identified and its configuration and users are compared with
 * redis.conf. It is in use from then on until the connection breaks.
 */
export class PayloadShard {
  /** Results of its last retention checks. */
  facts: CheckedFact[] = [];
  private readonly link: PayloadLink;
  private readonly redis: Redis;
  private verified: ShardAllocation | undefined;
  private verifying: Promise<void> | undefined;
  private isAnswering = false;
  private isRefused = false;
  private fullUntil = 0;
  private lastReported: ShardState | undefined;

  constructor(private readonly options: ShardOptions) {
    this.link = PayloadLink.open(options.url, options.user);
    this.redis = this.link.main;
    this.redis.on('ready', () => void this.verifyOnce());
    this.redis.on('close', () => this.onClose());
  }

  /** Name of the shard. */
  get name(): string {
    return this.options.name;
  }

  /** The incarnation behind the present connection; undefined without one. */
  get incarnation(): ShardIncarnation | undefined {
    return this.verified?.incarnation;
  }

  /** Bytes that payload may take; 0 while unknown. */
  get capBytes(): number {
    return this.verified?.capBytes ?? 0;
  }

  /** State of the shard. */
  get state(): ShardState {
    if (this.isRefused) return 'refused';
    if (this.verified === undefined || !this.isAnswering) return 'away';
    return this.options.draining ? 'draining' : 'up';
  }

  /** True when it recently refused a write for lack of memory. */
  get isFull(): boolean {
    return Date.now() < this.fullUntil;
  }

  /** Failed retention checks, one line each. */
  get faults(): string[] {
    return faultsOf(this.facts);
  }

  /** What a new job may be assigned; undefined when it accepts none. */
  allocation(): ShardAllocation | undefined {
    return this.state === 'up' ? this.verified : undefined;
  }

  /** A write was refused for lack of memory. */
  markFull(): void {
    this.fullUntil = Date.now() + FULL_MS;
  }

  /**
   * Payload of one incarnation. Its calls throw `queue-lost` after a restart of the server, so that late writes do not stay
   * in the next incarnation, where no job refers to them.
   */
  storeFor(incarnation: ShardIncarnation): PayloadStore {
    return new PayloadStore(this.link, () => this.requireServing(incarnation));
  }

  /** Sends a ping. Returns the incarnation that answered. */
  async check(): Promise<ShardIncarnation | undefined> {
    if (this.verified === undefined) {
      // The verification was interrupted, although the connection is open.
      if (this.redis.status === 'ready' && !this.isRefused) void this.verifyOnce();
      return undefined;
    }
    const { incarnation } = this.verified;
    const answer = this.redis.ping().then(
      () => true,
      () => false,
    );
    this.isAnswering = await Promise.race([answer, after(ANSWER_MS)]);
    this.notifyState();
    return this.isAnswering ? incarnation : undefined;
  }

  /** Closes the connections. */
  close(): void {
    this.redis.removeAllListeners('close');
    this.link.close();
  }

  private requireServing(incarnation: ShardIncarnation): void {
    if (this.verified === undefined || !this.isAnswering) throw shardUnavailable();
    if (this.verified.incarnation !== incarnation) throw new Problem('queue-lost');
  }

  private async verifyOnce(): Promise<void> {
    this.verifying ??= this.verify()
      .catch(() => undefined)
      .finally(() => (this.verifying = undefined));
    await this.verifying;
  }

  /** Identifies the incarnation and runs the retention checks. Throws when the connection breaks meanwhile. */
  private async verify(): Promise<void> {
    const runId = /^run_id:(\w+)/m.exec(await this.redis.info('server'))?.[1];
    if (runId === undefined) return;
    const facts = await redisFacts(this.redis);
    const capBytes = await imageCapacity(this.redis);
    this.facts = checkedNow(facts.map((each) => ({ ...each, fact: `shard ${this.name} ${each.fact}` })));
    this.isRefused = this.options.guard === 'enforce' && faultsOf(facts).length > 0;
    this.verified = this.isRefused ? undefined : { incarnation: incarnationOf(this.name, runId), capBytes };
    this.isAnswering = true;
    this.fullUntil = 0;
    this.notifyState();
  }

  private onClose(): void {
    this.verified = undefined;
    this.isAnswering = false;
    this.isRefused = false;
    this.notifyState();
  }

  private notifyState(): void {
    const { state } = this;
    if (state === this.lastReported) return;
    this.lastReported = state;
    this.options.onState(state);
  }
}

/** The problem of a payload server that cannot be reached. */
export const shardUnavailable = (): Problem =>
  new Problem('broker-unavailable', { retryAfterS: UNAVAILABLE_RETRY_S });

/** Resolves after `ms` in which this process ran; a stall of this process does not count. */
const after = (ms: number): Promise<false> =>
  new Promise((resolve) => afterRunning(ms, () => resolve(false)));
