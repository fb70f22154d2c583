import type { Redis } from 'ioredis';
import { SHARDS_KEY, SHARD_ANSWERS_KEY } from '../redis/redis-keys.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import type { PayloadShard } from './payload-shard.js';
import type { ShardIncarnation } from '../records/shard-incarnation.js';

const POLL_INTERVAL_MS = 1000;

/** An incarnation without an answer to any process for this long is lost. */
const SILENCE_MS = 5000;

/** The same when another incarnation of its shard answers: time for two polls of each process. */
const REPLACED_MS = 2000;

/** Consecutive polls that must agree: after a stall of the control Redis all answers look old. */
const MIN_LOST_POLLS = 2;

/** How long the last answer of an incarnation without jobs is kept. */
const FORGET_MS = 60_000;

/** Polls the payload shards of this process once a second, and finds lost incarnations. */
export class ShardWatch {
  private readonly lostIncarnations: RunScript<object, ShardIncarnation[]>;
  private readonly lostPolls = new Map<ShardIncarnation, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    control: Redis,
    private readonly shards: readonly PayloadShard[],
  ) {
    this.lostIncarnations = defineScript(control, 'lost-incarnations');
  }

  /** Starts polling. */
  start(): void {
    this.timer ??= setInterval(() => void this.poll().catch(() => undefined), POLL_INTERVAL_MS);
  }

  /** Stops polling. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** True when the payload of that incarnation is lost. */
  isLost(incarnation: ShardIncarnation): boolean {
    return (this.lostPolls.get(incarnation) ?? 0) >= MIN_LOST_POLLS;
  }

  /** Lost incarnations that have jobs. */
  lost(): ShardIncarnation[] {
    return [...this.lostPolls.keys()].filter((incarnation) => this.isLost(incarnation));
  }

  /** Polls once. @throws Error of the control Redis */
  async poll(): Promise<void> {
    const answered = (await Promise.all(this.shards.map((shard) => shard.check()))).filter(
      (each) => each !== undefined,
    );
    const limits = { silenceMs: SILENCE_MS, replacedMs: REPLACED_MS, forgetMs: FORGET_MS };
    const lost = await this.lostIncarnations([SHARD_ANSWERS_KEY, SHARDS_KEY], { answered, ...limits });
    for (const incarnation of this.lostPolls.keys())
      if (!lost.includes(incarnation)) this.lostPolls.delete(incarnation);
    for (const incarnation of lost)
      this.lostPolls.set(incarnation, (this.lostPolls.get(incarnation) ?? 0) + 1);
  }
}
