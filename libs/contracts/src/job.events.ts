import type { JobAccepted, ResultFacts } from './job.view.js';
import type { Stage } from './job.states.js';
import type { ProblemBody } from './problem.catalogue.js';

/**
 * The server-sent events of one job, by name. `accepted` opens the stream of a POST that asked for
 * `text/event-stream`; the others come on every stream. `done` is followed by `chunk`s when the stream was
 * opened with `deliver=inline`. `purged` is last when the result was delivered. Each way to end brings the signed
 * deletion receipt; it is absent where a client makes the event up from the job's status.
 */
export interface JobEvents {
  accepted: JobAccepted;
  queued: { position?: number; eta_ms?: number };
  started: { attempt: number };
  progress: { stage: Stage; percent: number };
  done: ResultFacts & { expires_at: string; link: string };
  /** One piece of the result, base64, in order; pieces decode separately. */
  chunk: { index: number; data: string };
  failed: { problem: ProblemBody; receipt?: string };
  cancelled: { receipt?: string };
  expired: { receipt?: string };
  /** Nothing of the image is left. */
  purged: { reason: 'delivered'; at: string; receipt?: string };
}

/** Name of a server-sent event. */
export type JobEventName = keyof JobEvents;
