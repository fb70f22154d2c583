import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { JOB_STATES, type JobState, type Stage } from '#contracts/job-states.js';
import type { ResultFacts } from '#contracts/job-view.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { failureCode } from '../redis/redis-errors.js';
import type { ShardIncarnation } from './shard-incarnation.js';

/** What Redis knows of a job: ids, codes, sizes, times; times in ms since the epoch by Redis' clock. */
export interface JobRecord {
  id: JobId;
  state: JobState;
  version: number;
  /** Starts so far; the fence of a worker. */
  attempt: number;
  /** Deliveries begun so far. */
  deliveries: number;
  /** When the present state runs out. */
  deadlineAt: number;
  /** When its record was opened: before the first byte of the upload was stored. */
  acceptedAt: number;
  /** Which life of which payload shard has its bytes; undefined: the control Redis. Stays in the tombstone. */
  seat: ShardIncarnation | undefined;
  /** When it came into the queue; undefined before that and once it has ended. */
  queuedAt: number | undefined;
  /** `traceparent` of the image's trace; undefined when it is not traced. Gone once the job has ended. */
  trace: string | undefined;
  /** Region that has it, from its acceptance on; undefined where there are none. Stays in the tombstone. */
  region: string | undefined;
  /** Files of the upload, in the order of their chunks. */
  parts: readonly UploadPart[];
  /** Size of the whole upload; 0 until it is complete. Stays in the tombstone. */
  inputBytes: number;
  /** Size of the committed result; 0 until there is one. Stays in the tombstone. */
  outputBytes: number;
  options: JobOptions;
  /** Pixels of the image, where its upload began with them; for estimates of time. Gone once the job has ended. */
  pixels: number | undefined;
  /** Public id of the API key it was submitted with, for metering; gone after commit. */
  keyId: string | undefined;
  /** Payload keys under the key-encryption key; gone after commit. */
  wrappedKeys: string | undefined;
  /** Facts about the result, from `ready` on. */
  output: OutputFacts | undefined;
  /** Why it failed. */
  code: ProblemCode | undefined;
  /** Payload keys removed so far. */
  keysRemoved: number;
  /** When it came to its end; undefined while it lives. */
  endedAt: number | undefined;
  /** When the last of its payload keys was gone; undefined until then, which is a moment after its end. */
  purgedAt: number | undefined;
}

/** What a file of an upload is. */
export type FileRole = 'input' | 'background';

/**
 * One file of an upload: its chunks follow those of the file before it in the same key. A `skipped` one turned out to be
 * no part of the upload, once another file came as the image: nobody reads it.
 */
export interface UploadPart {
  role: FileRole | 'skipped';
  chunks: number;
  bytes: number;
}

/** Where a committed result is and what it is. */
export interface OutputFacts extends ResultFacts {
  attempt: number;
  chunks: number;
  /** Wall time of the engine's stages. */
  timingsMs: Partial<Record<Stage, number>>;
}

/** Fields that tell of the image or open it; a tombstone has none of them, only states, sizes and times. */
export const FIELDS_DROPPED_AT_END = [
  ...['options', 'keyId', 'wrappedKeys', 'parts', 'output', 'lease', 'pixels'],
  ...['queuedAt', 'trace'],
] as const;

/** Reads the flat field list of a record. Undefined when there is no record. */
export function parseRecord(id: JobId, fields: Record<string, string>): JobRecord | undefined {
  const state = fields['state'] as JobState | undefined;
  if (state === undefined || !JOB_STATES.includes(state)) return undefined;
  return {
    id,
    state,
    version: Number(fields['version']),
    attempt: Number(fields['attempt'] ?? 0),
    deliveries: Number(fields['deliveries'] ?? 0),
    deadlineAt: Number(fields['deadlineAt']),
    acceptedAt: Number(fields['acceptedAt']),
    seat: fields['seat'],
    queuedAt: numberOf(fields['queuedAt']),
    trace: fields['trace'],
    region: fields['region'],
    parts: JSON.parse(fields['parts'] ?? '[]') as UploadPart[],
    inputBytes: Number(fields['inputBytes'] ?? 0),
    outputBytes: Number(fields['outputBytes'] ?? 0),
    options: jobOptionsSchema.parse(JSON.parse(fields['options'] ?? '{}')),
    pixels: numberOf(fields['pixels']),
    keyId: fields['keyId'],
    wrappedKeys: fields['wrappedKeys'],
    output: fields['output'] === undefined ? undefined : (JSON.parse(fields['output']) as OutputFacts),
    code: state === 'failed' ? failureCode(fields['code']) : undefined,
    keysRemoved: Number(fields['keysRemoved'] ?? 0),
    endedAt: numberOf(fields['endedAt']),
    purgedAt: numberOf(fields['purgedAt']),
  };
}

const numberOf = (field: string | undefined): number | undefined =>
  field === undefined ? undefined : Number(field);

/** Turns `[field, value, …]` as Lua returns it into an object. */
export function fieldsOf(flat: readonly (string | number)[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
  return fields;
}
