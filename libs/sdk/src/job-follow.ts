import type { JobEventName, JobEvents } from '#contracts/job-events.js';
import type { JobView, ResultFacts } from '#contracts/job-view.js';
import { codeOf, RemoveBgError } from './removebg-error.js';
import { pause, withTimeout } from './retry-policy.js';
import { readSse, SilentStream, type SseMessage } from './sse-reader.js';

/** One event of a job, discriminated by `name`. */
export type JobEvent = { [N in JobEventName]: { name: N; data: JobEvents[N] } }[JobEventName];

/** A job's status as returned by a long poll. */
export interface PolledView {
  /** Undefined if the status has not changed. */
  view: JobView | undefined;
  etag: string | undefined;
}

/** The transport of `followJob`, with its times in milliseconds. */
export interface FollowSource {
  /** Opens the event stream. @throws RemoveBgError for an error answer */
  openStream: (lastEventId: string, signal: AbortSignal) => Promise<Response>;
  /** The current status; with `last`, waits until the status differs from it. @throws RemoveBgError */
  poll: (last: PolledView | undefined, signal: AbortSignal) => Promise<PolledView>;
  signal: AbortSignal;
  /** First delay before a reconnect; doubles up to 10 s. A `retry:` field from the server replaces it. */
  retryMs: number;
  /** Maximum time without data on a stream. */
  idleMs: number;
  /** Maximum wait for the first event, which the service sends at once. A longer wait means that a proxy buffers. */
  firstMs: number;
  /** Consecutive failed connections before the fallback to long polling. */
  maxFailures: number;
}

const MAX_DELAY_MS = 10_000;
const MAX_POLL_FAILURES = 8;
/** Longer than the service holds any answer: the connection is dead. */
const POLL_TIMEOUT_MS = 90_000;
/** Minimum delay between polls, for a service that answers them immediately. */
const POLL_DELAY_MS = 250;
const EVENT_NAMES: ReadonlySet<string> = new Set<JobEventName>([
  'accepted',
  'queued',
  'started',
  'progress',
  'done',
  'chunk',
  'failed',
  'cancelled',
  'expired',
  'purged',
]);
const FINAL_EVENTS: ReadonlySet<JobEventName> = new Set<JobEventName>([
  'failed',
  'cancelled',
  'expired',
  'purged',
]);

/** Parses a message as a job event; undefined for unknown event names and invalid data. */
export function eventOfMessage(message: SseMessage): JobEvent | undefined {
  if (!EVENT_NAMES.has(message.name)) return undefined;
  try {
    return { name: message.name, data: JSON.parse(message.data) as unknown } as JobEvent;
  } catch {
    return undefined;
  }
}

/** Used when the status of a ready result has no facts. */
const NO_FACTS: ResultFacts = {
  bytes: 0,
  width: 0,
  height: 0,
  format: 'png',
  foreground: { left: 0, top: 0, width: 0, height: 0 },
  subjects: [],
  hints: [],
  looks: 0,
  model: '',
  provider: 'cpu',
};

function doneOfView(view: JobView): JobEvent {
  const facts = view.result ?? NO_FACTS;
  return { name: 'done', data: { ...facts, expires_at: view.expires_at, link: view.links.result } };
}

function failedOfView(view: JobView): JobEvent {
  const problem = view.problem ?? { type: 'about:blank', title: '', status: 422, code: '' };
  return { name: 'failed', data: { problem: { ...problem, code: codeOf(problem) } } };
}

/** The event that corresponds to a status, for long polling. */
export function eventOfView(view: JobView, now: Date = new Date()): JobEvent {
  switch (view.status) {
    case 'running':
      return { name: 'started', data: { attempt: 1 } };
    case 'ready':
    case 'delivering':
      return doneOfView(view);
    case 'delivered':
      return { name: 'purged', data: { reason: 'delivered', at: now.toISOString() } };
    case 'failed':
      return failedOfView(view);
    case 'cancelled':
    case 'expired':
      return { name: view.status, data: {} };
    default:
      return {
        name: 'queued',
        data: {
          ...(view.queue_position !== undefined && { position: view.queue_position }),
          ...(view.eta_ms !== undefined && { eta_ms: view.eta_ms }),
          ...(view.worker_starting === true && { worker_starting: true }),
        },
      };
  }
}

const backoffMs = (baseMs: number, failures: number): number =>
  Math.min(MAX_DELAY_MS, baseMs * 2 ** Math.max(0, failures - 1)) * (0.75 + Math.random() / 2);

const isRefusal = (error: unknown): error is RemoveBgError =>
  error instanceof RemoveBgError && !error.isTemporary && error.code !== 'unexpected-answer';

/**
 * Events of a job, up to the last one. Uses server-sent events and reconnects with `Last-Event-ID`; falls back to long
 * polling if the stream is blocked, for example by a proxy that buffers. An event can arrive twice.
 * @throws RemoveBgError for an error answer, or if the service is unreachable | the signal's reason
 */
export async function* followJob(source: FollowSource): AsyncGenerator<JobEvent, void, undefined> {
  const { signal } = source;
  let { retryMs } = source;
  let lastEventId = '';
  for (let failures = 0, hasReceived = false; failures < source.maxFailures;) {
    try {
      const response = await openStream(source, lastEventId);
      if (!response.body) break;
      const onRetry = (ms: number): void => void (retryMs = ms);
      const { idleMs, firstMs } = source;
      for await (const message of readSse(response.body, { lastEventId, idleMs, firstMs, onRetry })) {
        failures = 0;
        hasReceived = true;
        lastEventId = message.lastEventId;
        const event = eventOfMessage(message);
        if (!event) continue;
        yield event;
        if (FINAL_EVENTS.has(event.name)) return;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isRefusal(error)) throw error;
      // Nothing arrived at all: a proxy buffers the stream, and a reconnect would not change that.
      if (error instanceof SilentStream && !hasReceived) break;
    }
    failures++;
    await pause(backoffMs(retryMs, failures), signal);
  }
  yield* pollJob(source);
}

/** Opens the stream. @throws SilentStream if the response head does not arrive within `firstMs` */
async function openStream(source: FollowSource, lastEventId: string): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new SilentStream()), source.firstMs);
  try {
    return await source.openStream(lastEventId, AbortSignal.any([source.signal, timeout.signal]));
  } finally {
    clearTimeout(timer);
  }
}

async function* pollJob(source: FollowSource): AsyncGenerator<JobEvent, void, undefined> {
  const { signal } = source;
  let last: PolledView | undefined;
  for (let failures = 0; ;) {
    try {
      const known = last;
      last = await withTimeout(POLL_TIMEOUT_MS, signal, (limited) => source.poll(known, limited));
      failures = 0;
      if (last.view) {
        const event = eventOfView(last.view);
        yield event;
        if (FINAL_EVENTS.has(event.name)) return;
      }
      await pause(POLL_DELAY_MS, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isRefusal(error) || ++failures >= MAX_POLL_FAILURES) throw error;
      const asked = error instanceof RemoveBgError ? error.retryAfterMs : undefined;
      await pause(asked ?? backoffMs(source.retryMs, failures), signal);
    }
  }
}
