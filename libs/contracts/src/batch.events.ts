import type { BatchCounts, BatchFailure } from './batch.view.js';
import type { ResultFacts } from './job.view.js';

/** Which image an event is about. */
interface Named {
  custom_id: string;
  /** Id of its job. */
  id: string;
}

/**
 * The server-sent events of a batch, by name. Each tells where one image stands now, so states that were passed
 * through quickly may be left out; `counts` comes after each run of them, and `complete` is last.
 */
export interface BatchEvents {
  queued: Named;
  started: Named;
  done: Named & ResultFacts & { expires_at: string; link: string };
  delivering: Named;
  delivered: Named;
  failed: BatchFailure;
  cancelled: BatchFailure;
  expired: BatchFailure;
  counts: BatchCounts;
  /** The batch is closed, and every image has come to its end. */
  complete: BatchCounts;
  /** The batch was cancelled, has expired, or went with the queue. */
  gone: { problem: BatchFailure['problem'] };
}
