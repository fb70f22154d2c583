import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { Stage } from '#contracts/job-states.js';
import type { LabelValue } from './metric-labels.js';

/**
 * Allow-list of log events with their fields. Other fields do not compile. The only id is the public id of an API key, the only
 * header is the user agent, and the only facts about an image are sizes and times.
 */
export interface LogEvents {
  /** One request, as the retention statement documents it. */
  access: {
    client: string;
    agent: string;
    method: string;
    /** Route template such as `/v1/jobs/:id`, without the path itself. */
    route: string;
    status: number;
    requestBytes: number;
    responseBytes: number;
    durationMs: number;
  };
  started: { service: 'api' | 'worker'; port?: number; model?: string; provider?: string; slots?: number };
  /** A configured accelerator is unavailable; the worker uses `provider` instead. */
  accelerator: {
    declined: string;
    fault: 'not-offered' | 'not-available' | 'not-suited';
    provider: string;
  };
  stopping: { service: 'api' | 'worker'; reason: string };
  stopped: { service: 'api' | 'worker' };
  /** A retention check failed, and `RETENTION_GUARD` is `warn`. */
  retention: { fault: string };
  /** An image is finished. */
  cutout: {
    megapixels: number;
    inputBytes: number;
    outputBytes: number;
    attempt: number;
    durationMs: number;
  };
  /**
   * A finished image of a client with an API key, for billing. `keyId` is the public id of the key. `eventId` is random and
   * unique, so that duplicate lines can be detected.
   */
  metered: {
    eventId: string;
    keyId: string;
    images: 1;
    megapixels: number;
    inputBytes: number;
    outputBytes: number;
  };
  /** The changed file of API keys was loaded, or is invalid and the previous keys remain in use. */
  keys: { loaded: number } | { fault: string };
  /** Time per stage of an image; `handover` is the transfer to the engine and back, including waiting. */
  stages: Record<`${Stage | 'handover'}Ms`, number>;
  /** An attempt ended without a result. */
  refused: { code: ProblemCode | 'cancelled' | 'fenced'; attempt: number };
  /** The engine process was replaced. */
  engine: { cause: LabelValue<'restart'> };
  /** A connection to the control Redis was lost or restored. */
  connection: { connection: LabelValue<'connection'> } & (
    { state: 'lost'; cause: LabelValue<'loss'> } | { state: 'restored' }
  );
  /** A payload shard changed its state; `shard` is its name in the settings. */
  shard: { shard: string; state: 'up' | 'draining' | 'away' | 'refused' };
  /** Redis cannot be reached. */
  trouble: { with: 'queue' | 'heartbeat' | 'settle' };
  /** A bug: name of the error class and place in the code, without the message. */
  defect: { error: string; at: string };
}

/** Name of a log event. */
export type LogEvent = keyof LogEvents;
