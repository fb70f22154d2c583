import type { JobRecord } from '#broker/records/job-record.js';
import { promisedSeconds, type PromisedSeconds } from '#broker/records/lifetimes.js';
import type { JobEvents } from '#contracts/job-events.js';
import { isDone, type TerminalState } from '#contracts/job-states.js';
import { failure, failureFacts } from '#contracts/failure-facts.js';
import { publicId } from '#contracts/public-id.js';
import { jobLinks, resultFactsSchema, type JobView, type ResultFacts } from '#contracts/job-view.js';
import { Problem, problemBody, type ProblemCode } from '#contracts/problem-catalog.js';

/** Position of a waiting job in the queue. */
export interface QueuePosition {
  position: number | undefined;
  etaMs: number | undefined;
  /** No worker runs, and the job starts one. */
  isWorkerStarting: boolean;
}

/** RFC 3339 text of milliseconds since the epoch. */
export const timeText = (ms: number): string => new Date(ms).toISOString();

/** The public id of a job. */
export const publicIdOf = ({ id, region }: Pick<JobRecord, 'id' | 'region'>): string => publicId(id, region);

/** The response of `GET /v1/jobs/{id}`. */
export function toJobResponse(record: JobRecord, queuePosition: QueuePosition): JobView {
  return {
    id: publicIdOf(record),
    status: record.state,
    version: record.version,
    done: isDone(record.state),
    ...toQueuePosition(queuePosition, 'queue_position'),
    ...(record.output !== undefined && { result: toResultFacts(record.output) }),
    ...(record.code !== undefined && {
      problem: problemBody(record.code, failureFacts(record.code, record.numbers)),
    }),
    ...toDeadlines(record),
    expires_at: timeText(record.deadlineAt),
    links: jobLinks(publicIdOf(record)),
  };
}

/** What the client has shortened, and when the waiting job therefore fails. */
export const toDeadlines = ({
  state,
  promises,
  deadlineAt,
}: JobRecord): PromisedSeconds & { start_before?: string } => ({
  ...promisedSeconds(promises),
  ...(state === 'queued' && promises.startMs !== undefined && { start_before: timeText(deadlineAt) }),
});
type QueuePositionView<K extends string> = Partial<Record<K, number>> & {
  eta_ms?: number;
  worker_starting?: true;
};

/** Position and ETA under their wire names, if known. */
export function toQueuePosition<K extends string>(
  queuePosition: QueuePosition,
  positionName: K,
): QueuePositionView<K> {
  return {
    ...(queuePosition.position !== undefined && { [positionName]: queuePosition.position }),
    ...(queuePosition.etaMs !== undefined && { eta_ms: queuePosition.etaMs }),
    ...(queuePosition.isWorkerStarting && { worker_starting: true }),
  } as QueuePositionView<K>;
}

/** Public facts about a result. */
export const toResultFacts = (output: ResultFacts): ResultFacts => resultFactsSchema.parse(output);

/** The `done` event of a finished job. */
export function toDoneEvent(record: JobRecord, output: ResultFacts): JobEvents['done'] {
  return {
    ...toResultFacts(output),
    expires_at: timeText(record.deadlineAt),
    link: jobLinks(publicIdOf(record)).result,
  };
}

const CODE_OF_END: Record<Exclude<TerminalState, 'failed'>, ProblemCode> = {
  delivered: 'result-delivered',
  cancelled: 'job-cancelled',
  expired: 'result-expired',
};

/** The reason why a job that ended has no result. */
export function problemOfTerminalState(record: JobRecord, state: TerminalState): Problem {
  if (state !== 'failed') return new Problem(CODE_OF_END[state]);
  return failure(record.code ?? 'processing-failed', record.numbers ?? {});
}
