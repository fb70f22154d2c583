import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { Stage } from '#contracts/job-states.js';
import type { LabelValue } from './metric-labels.js';

/**
 * The allow-list: everything that any process may log, as event names with their fields. A field that is not
 * here does not compile. No ids but the public one of an API key, no names, no queries, no header but the user
 * agent, nothing of an image but sizes and times.
 */
export interface LogEvents {
  /** One answered request: exactly what the public policy says is recorded. */
  access: {
    client: string;
    agent: string;
    method: string;
    /** Route template such as `/v1/jobs/:id`; never the path itself. */
    route: string;
    status: number;
    requestBytes: number;
    responseBytes: number;
    durationMs: number;
  };
  started: { service: 'api' | 'worker'; port?: number; model?: string; provider?: string; slots?: number };
  /** An accelerator was asked for and cannot be had: the worker computes on `provider` instead. */
  accelerator: {
    declined: string;
    fault: 'not-offered' | 'not-available' | 'not-suited';
    provider: string;
  };
  stopping: { service: 'api' | 'worker'; reason: string };
  stopped: { service: 'api' | 'worker' };
  /** Redis could keep data, and the operator chose to be warned only. */
  retention: { fault: string };
  /** An image is done. */
  cutout: {
    megapixels: number;
    inputBytes: number;
    outputBytes: number;
    attempt: number;
    durationMs: number;
  };
  /**
   * A finished image of a key holder, for billing; there is none for an anonymous one. `keyId` is the public name of
   * the key; `eventId` is drawn for this line alone, so that a line taken in twice is counted once.
   */
  metered: {
    eventId: string;
    keyId: string;
    images: 1;
    megapixels: number;
    inputBytes: number;
    outputBytes: number;
  };
  /** The file of API keys has changed and is in force, or cannot be and the one before it still is. */
  keys: { loaded: number } | { fault: string };
  /** Where the time of an image went; `handover` is the way to the engine and back, with waiting for it. */
  stages: Record<`${Stage | 'handover'}Ms`, number>;
  /** Work on an image ended without a result. */
  refused: { code: ProblemCode | 'cancelled' | 'fenced'; attempt: number };
  /** The inference process was replaced, and why. */
  engine: { cause: LabelValue<'restart'> };
  /** A connection to the control Redis was lost, or is usable again: one line a change. */
  connection: { connection: LabelValue<'connection'> } & (
    { state: 'lost'; cause: LabelValue<'loss'> } | { state: 'restored' }
  );
  /** A payload shard, by the operator's name for it, has come, gone, or is not used because it could keep data. */
  shard: { shard: string; state: 'up' | 'draining' | 'away' | 'refused' };
  /** Redis could not be reached from here. */
  trouble: { with: 'queue' | 'heartbeat' | 'settle' };
  /** A defect of ours. Name of the error class and where in our code; never its message. */
  defect: { error: string; at: string };
}

/** Name of a log event. */
export type LogEvent = keyof LogEvents;
