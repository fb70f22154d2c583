import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import type { Stage } from '#contracts/job-states.js';
import { jobChannel } from '../redis/redis-keys.js';

/** Minimum time between two messages within a stage. */
const MIN_GAP_MS = 200;

/** Publishes the progress of jobs. Messages are not stored, and a lost one is not repeated. */
export class ProgressPublisher {
  constructor(private readonly redis: Redis) {}

  /** The publisher for one attempt at one job. */
  of(id: JobId): (stage: Stage, percent: number) => void {
    let publishedAt = 0;
    let published: { stage?: Stage; percent?: number } = {};
    return (stage, exact) => {
      const percent = Math.round(exact);
      const now = Date.now();
      if (stage === published.stage && (percent === published.percent || now - publishedAt < MIN_GAP_MS))
        return;
      publishedAt = now;
      published = { stage, percent };
      const notice = JSON.stringify(published);
      this.redis.publish(jobChannel(id), notice).catch(() => undefined);
    };
  }
}
