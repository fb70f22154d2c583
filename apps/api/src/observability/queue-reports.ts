import type { JobQueue } from '#broker/queue/job-queue.js';
import type { Settings } from '#config/settings.schema.js';

/** How often the queue is reported: a waiting job starts a worker after this time at most. */
const INTERVAL_MS = 250;

/**
 * Reports the number of jobs to the process that started this API, over its IPC channel: `npm start` then starts and stops
 * workers, without a connection to Redis. Nothing is reported while Redis is unreachable, without MIN_WORKERS, or to a
 * process that has no such channel.
 * @returns stops the reports
 */
export function reportQueue(queue: JobQueue, { MIN_WORKERS }: Pick<Settings, 'MIN_WORKERS'>): () => void {
  if (MIN_WORKERS === undefined || process.send === undefined) return () => undefined;
  let isReading = false;
  const report = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    try {
      const depth = await queue.depth();
      if (process.connected) process.send?.({ type: 'queue', ...depth });
    } finally {
      isReading = false;
    }
  };
  const timer = setInterval(() => void report().catch(() => undefined), INTERVAL_MS);
  return () => clearInterval(timer);
}
