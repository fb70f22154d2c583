import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import type { Stage } from '#contracts/job-states.js';
import { jobChannel } from '../redis/redis-keys.js';

/** Within a stage, progress is told at most this often. */
const MIN_GAP_MS = 200;

/** Tells whoever waits for a job how far it is. Published, never stored; a message that is lost is no loss. */
export class ProgressPublisher {
  constructor(private readonly redis: Redis) {}

  /** A teller for one attempt at one job. */
  of(id: JobId): (stage: Stage, percent: number) => void {
    let toldAt = 0;
    let told: { stage?: Stage; percent?: number } = {};
    return (stage, exact) => {
      const percent = Math.round(exact);
      const now = Date.now();
      if (stage === told.stage && (percent === told.percent || now - toldAt < MIN_GAP_MS)) return;
      toldAt = now;
      told = { stage, percent };
      const notice = JSON.stringify(told);
      this.redis.publish(jobChannel(id), notice).catch(() => undefined);
    };
  }
}
