import type { JobEventName, JobEvents } from '#contracts/job-events.js';
import type { JobView, ResultFacts } from '#contracts/job-view.js';
import { pause } from './abortable-pause.js';
import { codeOf, RemoveBgError } from './removebg-error.js';
import { withTimeout } from './retry-policy.js';
import { readSse, SilentStream, type SseMessage } from './sse-reader.js';

/** One event of a job, told apart by `name`. */
export type JobEvent = { [N in JobEventName]: { name: N; data: JobEvents[N] } }[JobEventName];

/** A job's status as the long-poll hands it out. */
export interface PolledView {
  /** Undefined when nothing changed. */
  view: JobView | undefined;
  etag: string | undefined;
}

/** What following a job needs from its transport, and how patient it is. */
export interface FollowSource {
  /** Opens the event stream. @throws RemoveBgError when the service refuses */
  openStream: (lastEventId: string, signal: AbortSignal) => Promise<Response>;
  /** The status now, or, after a first poll, once it is another than `last`. @throws RemoveBgError */
  poll: (last: PolledView | undefined, signal: AbortSignal) => Promise<PolledView>;
  signal: AbortSignal;
  /** First pause before a reconnect; doubles, up to 10 s. The server's `retry:` takes its place. */
  retryMs: number;
  /** Longest silence of a stream. */
  idleMs: number;
  /** Longest wait for a stream's first event, which the service sends at once: what holds it back is a proxy. */
  firstMs: number;
  /** Connections that may fail in a row before the long-poll takes over. */
  maxFailures: number;
}

const MAX_PAUSE_MS = 10_000;
const MAX_POLL_FAILURES = 8;
/** Beyond what the service may hold an answer back: the connection is dead. */
const POLL_LIMIT_MS = 90_000;
/** Keeps a service that answers long-polls at once from being asked in a tight loop. */
const POLL_PAUSE_MS = 250;
const NAMES: ReadonlySet<string> = new Set<JobEventName>([
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
const LAST: ReadonlySet<JobEventName> = new Set<JobEventName>(['failed', 'cancelled', 'expired', 'purged']);

/** The event a message carries; undefined for names this client does not know and for broken data. */
export function eventOfMessage(message: SseMessage): JobEvent | undefined {
  if (!NAMES.has(message.name)) return undefined;
  try {
    return { name: message.name, data: JSON.parse(message.data) as unknown } as JobEvent;
  } catch {
    return undefined;
  }
}

/** A service that has forgotten a result's facts still has its bytes. */
const NO_FACTS: ResultFacts = {
  bytes: 0,
  width: 0,
  height: 0,
  format: 'png',
  foreground: { left: 0, top: 0, width: 0, height: 0 },
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

/** The event a status amounts to, for clients that cannot hold a stream open. */
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
        },
      };
  }
}

const pauseMs = (baseMs: number, failures: number): number =>
  Math.min(MAX_PAUSE_MS, baseMs * 2 ** Math.max(0, failures - 1)) * (0.75 + Math.random() / 2);

const isRefusal = (error: unknown): error is RemoveBgError =>
  error instanceof RemoveBgError && !error.isTemporary && error.code !== 'unexpected-answer';

/**
 * Events of one job until its last one: over the event stream, reconnected with `Last-Event-ID`; over the
 * long-poll when no stream comes through, as behind proxies that buffer. An event may come twice.
 *
 * @throws RemoveBgError when the service refuses, or neither way can reach it
 */
export async function* followJob(source: FollowSource): AsyncGenerator<JobEvent, void, undefined> {
  const { signal } = source;
  let { retryMs } = source;
  let lastEventId = '';
  for (let failures = 0, hasHeard = false; failures < source.maxFailures;) {
    try {
      const response = await openWithin(source, lastEventId);
      if (!response.body) break;
      const onRetry = (ms: number): void => void (retryMs = ms);
      const { idleMs, firstMs } = source;
      for await (const message of readSse(response.body, { lastEventId, idleMs, firstMs, onRetry })) {
        failures = 0;
        hasHeard = true;
        lastEventId = message.lastEventId;
        const event = eventOfMessage(message);
        if (!event) continue;
        yield event;
        if (LAST.has(event.name)) return;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isRefusal(error)) throw error;
      // Held back from its first byte on: trying again would take as long to find out the same.
      if (error instanceof SilentStream && !hasHeard) break;
    }
    failures++;
    await pause(pauseMs(retryMs, failures), signal);
  }
  yield* pollJob(source);
}

/** Opens the stream, as long as its head does not keep us waiting. @throws SilentStream */
async function openWithin(source: FollowSource, lastEventId: string): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new SilentStream()), source.firstMs);
  try {
    return await source.openStream(lastEventId, AbortSignal.any([source.signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

async function* pollJob(source: FollowSource): AsyncGenerator<JobEvent, void, undefined> {
  const { signal } = source;
  let last: PolledView | undefined;
  for (let failures = 0; ;) {
    try {
      const seen = last;
      last = await withTimeout(POLL_LIMIT_MS, signal, (limited) => source.poll(seen, limited));
      failures = 0;
      if (last.view) {
        const event = eventOfView(last.view);
        yield event;
        if (LAST.has(event.name)) return;
      }
      await pause(POLL_PAUSE_MS, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isRefusal(error) || ++failures >= MAX_POLL_FAILURES) throw error;
      const asked = error instanceof RemoveBgError ? error.retryAfterMs : undefined;
      await pause(asked ?? pauseMs(source.retryMs, failures), signal);
    }
  }
}
