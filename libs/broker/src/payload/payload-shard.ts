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

/** A server that does not answer within this is not given new jobs, nor asked for the bytes of old ones. */
const ANSWER_MS = 1000;

/** A server that refused a write for want of memory is the last choice for so long. */
const FULL_MS = 5000;

const AWAY_RETRY_S = 2;

/** How a shard stands, as this process sees it. */
export type ShardState = (typeof SHARD_STATES)[number];

/** A shard under its address as one of our users. */
export interface ShardPlace extends PayloadServer {
  user: 'api' | 'worker';
  guard: 'enforce' | 'warn';
  /** Hears each change of its state. */
  onState: (state: ShardState) => void;
}

/**
 * One payload server. It is used from when its life has been told from others and its configuration and users' rights
 * have been compared with redis.conf, anew after each connection, until that connection breaks.
 */
export class PayloadShard {
  /** What was found out about it last. */
  facts: CheckedFact[] = [];
  private readonly link: PayloadLink;
  private readonly redis: Redis;
  private life: ShardAllocation | undefined;
  private looking: Promise<void> | undefined;
  private answering = false;
  private refused = false;
  private fullUntil = 0;
  private told: ShardState | undefined;

  constructor(private readonly place: ShardPlace) {
    this.link = PayloadLink.open(place.url, place.user);
    this.redis = this.link.main;
    this.redis.on('ready', () => void this.lookOnce());
    this.redis.on('close', () => this.lose());
  }

  /** What it is called. */
  get name(): string {
    return this.place.name;
  }

  /** The life of the server behind the connection that stands; undefined while there is none. */
  get seat(): ShardIncarnation | undefined {
    return this.life?.seat;
  }

  /** Bytes that payload may take there; 0 while unknown. */
  get capBytes(): number {
    return this.life?.capBytes ?? 0;
  }

  /** How it stands. */
  get state(): ShardState {
    if (this.refused) return 'refused';
    if (this.life === undefined || !this.answering) return 'away';
    return this.place.draining ? 'draining' : 'up';
  }

  /** A write was lately refused for want of memory. */
  get isFull(): boolean {
    return Date.now() < this.fullUntil;
  }

  /** What is wrong with it, one line a fault. */
  get faults(): string[] {
    return faultsOf(this.facts);
  }

  /** Takes new jobs now; undefined when it does not. */
  offer(): ShardAllocation | undefined {
    return this.state === 'up' ? this.life : undefined;
  }

  /** A write was refused for want of memory. */
  noteFull(): void {
    this.fullUntil = Date.now() + FULL_MS;
  }

  /**
   * Payload of that life. Its calls throw `queue-lost` when the server has begun another: all is gone then, and what
   * comes late must not be left in the next one, where nobody would look for it.
   */
  payloadOf(seat: ShardIncarnation): PayloadStore {
    return new PayloadStore(this.link, () => this.requireServing(seat));
  }

  /** Asks for a sign of life. Returns the seat that gave one. */
  async check(): Promise<ShardIncarnation | undefined> {
    if (this.life === undefined) {
      // The first look was cut short, although the connection stands.
      if (this.redis.status === 'ready' && !this.refused) void this.lookOnce();
      return undefined;
    }
    const { seat } = this.life;
    const answer = this.redis.ping().then(
      () => true,
      () => false,
    );
    this.answering = await Promise.race([answer, after(ANSWER_MS)]);
    this.tell();
    return this.answering ? seat : undefined;
  }

  /** Lets the connection go. */
  close(): void {
    this.redis.removeAllListeners('close');
    this.link.close();
  }

  private requireServing(seat: ShardIncarnation): void {
    if (this.life === undefined || !this.answering) throw away();
    if (this.life.seat !== seat) throw new Problem('queue-lost');
  }

  private async lookOnce(): Promise<void> {
    this.looking ??= this.look()
      .catch(() => undefined)
      .finally(() => (this.looking = undefined));
    await this.looking;
  }

  /** Who answers, and may it hold images? A connection that broke meanwhile answers nothing. */
  private async look(): Promise<void> {
    const runId = /^run_id:(\w+)/m.exec(await this.redis.info('server'))?.[1];
    if (runId === undefined) return;
    const facts = await redisFacts(this.redis);
    const capBytes = await imageCapacity(this.redis);
    this.facts = checkedNow(facts.map((each) => ({ ...each, fact: `shard ${this.name} ${each.fact}` })));
    this.refused = this.place.guard === 'enforce' && faultsOf(facts).length > 0;
    this.life = this.refused ? undefined : { seat: incarnationOf(this.name, runId), capBytes };
    this.answering = true;
    this.fullUntil = 0;
    this.tell();
  }

  private lose(): void {
    this.life = undefined;
    this.answering = false;
    this.refused = false;
    this.tell();
  }

  private tell(): void {
    const { state } = this;
    if (state === this.told) return;
    this.told = state;
    this.place.onState(state);
  }
}

/** A server that holds payload is not there now. */
export const away = (): Problem => new Problem('broker-unavailable', { retryAfterS: AWAY_RETRY_S });

/** Resolves after `ms` in which this process ran: its own stall is not the server's. */
const after = (ms: number): Promise<false> =>
  new Promise((resolve) => afterRunning(ms, () => resolve(false)));
