import { parseFailure } from '#contracts/failure-facts.js';
import type { FailureNumbers } from '#contracts/failure-numbers.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { JOB_STATES, type JobState, type Stage } from '#contracts/job-states.js';
import type { ResultFacts } from '#contracts/job-view.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { isResultHint } from '#contracts/result-hints.js';
import type { Promises } from './lifetimes.js';
import type { ShardIncarnation } from './shard-incarnation.js';

/** Record of a job in Redis: ids, codes, sizes and times. Times are ms since the epoch by Redis' clock. */
export interface JobRecord {
  id: JobId;
  state: JobState;
  version: number;
  /** Number of attempts; the fence of a worker. */
  attempt: number;
  /** Number of deliveries. */
  deliveries: number;
  /** Deadline of the present state. */
  deadlineAt: number;
  /** When the record was created, before the first byte of the upload was stored. */
  acceptedAt: number;
  /** Shard incarnation with its payload; undefined: the control Redis. Kept in the tombstone. */
  incarnation: ShardIncarnation | undefined;
  /** When it was queued; undefined before, and after its end. */
  queuedAt: number | undefined;
  /** `traceparent` of its trace; undefined when it is not traced, and after its end. */
  trace: string | undefined;
  /** Its region; undefined without regions. Kept in the tombstone. */
  region: string | undefined;
  /** Files of the upload, in the order of their chunks. */
  parts: readonly UploadPart[];
  /** Size of the upload; 0 until it is complete. Kept in the tombstone. */
  inputBytes: number;
  /** Size of the committed result; 0 before. Kept in the tombstone. */
  outputBytes: number;
  options: JobOptions;
  /** What its client has shortened. Kept in the tombstone. */
  promises: Promises;
  /** Pixels of the image, if known at acceptance, for time estimates. Deleted at the end of the job. */
  pixels: number | undefined;
  /** Public id of its API key, for metering. Deleted by the commit. */
  keyId: string | undefined;
  /** Payload keys, wrapped for the workers. Deleted by the commit. */
  wrappedKeys: string | undefined;
  /** The result, from `ready` on. */
  output: OutputFacts | undefined;
  /** Why it failed, and the facts of its problem. Kept in the tombstone. */
  code: ProblemCode | undefined;
  numbers: FailureNumbers | undefined;
  /** Number of deleted payload keys. */
  keysRemoved: number;
  /** When it ended; undefined before. */
  endedAt: number | undefined;
  /** When its last payload key was deleted, shortly after its end; undefined before. */
  purgedAt: number | undefined;
}

/** Role of a file in an upload: the image, a background picture, or a mask of the client. */
export type FileRole = 'input' | 'background' | 'mask';

/**
 * One file of an upload. Its chunks follow those of the previous file in the same key. A `skipped` file is not part of the
 * upload, because a later file was the image, and is not read.
 */
export interface UploadPart {
  role: FileRole | 'skipped';
  chunks: number;
  bytes: number;
}

/** A committed result. */
export interface OutputFacts extends ResultFacts {
  attempt: number;
  chunks: number;
  /** Wall time of each stage in the engine. */
  timingsMs: Partial<Record<Stage, number>>;
}

/** `OutputFacts` as another release may have written them. */
type WrittenFacts = Omit<OutputFacts, 'subjects' | 'hints' | 'looks'> &
  Partial<Pick<OutputFacts, 'subjects' | 'looks'>> & { hints?: string[] };

/** Name in Redis of the field `incarnation`. Lua scripts use it as well. */
export const INCARNATION_FIELD = 'seat';

/** Fields about the image or its keys. A tombstone has none of them, only states, sizes and times. */
export const FIELDS_DROPPED_AT_END = [
  ...['options', 'keyId', 'wrappedKeys', 'parts', 'output', 'lease', 'pixels'],
  ...['queuedAt', 'trace'],
] as const;

/** Parses the fields of a record. Undefined when there is no record. */
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
    incarnation: fields[INCARNATION_FIELD],
    queuedAt: numberOf(fields['queuedAt']),
    trace: fields['trace'],
    region: fields['region'],
    parts: JSON.parse(fields['parts'] ?? '[]') as UploadPart[],
    inputBytes: Number(fields['inputBytes'] ?? 0),
    outputBytes: Number(fields['outputBytes'] ?? 0),
    options: jobOptionsSchema.parse(JSON.parse(fields['options'] ?? '{}')),
    promises: promisesIn(fields),
    pixels: numberOf(fields['pixels']),
    keyId: fields['keyId'],
    wrappedKeys: fields['wrappedKeys'],
    output: outputOf(fields['output']),
    ...(state === 'failed' ? parseFailure(fields['code']) : { code: undefined, numbers: undefined }),
    keysRemoved: Number(fields['keysRemoved'] ?? 0),
    endedAt: numberOf(fields['endedAt']),
    purgedAt: numberOf(fields['purgedAt']),
  };
}

/**
 * Parses the facts of a result. During a rolling upgrade, a worker of another release may have written them: facts that
 * it does not measure get defaults, and hints that this release does not know are dropped.
 */
function outputOf(field: string | undefined): OutputFacts | undefined {
  if (field === undefined) return undefined;
  const { subjects = [], hints = [], looks = 1, ...facts } = JSON.parse(field) as WrittenFacts;
  return { ...facts, subjects, hints: hints.filter(isResultHint), looks };
}

function promisesIn({ startMs, keepMs }: Record<string, string>): Promises {
  return {
    ...(startMs !== undefined && { startMs: Number(startMs) }),
    ...(keepMs !== undefined && { keepMs: Number(keepMs) }),
  };
}

const numberOf = (field: string | undefined): number | undefined =>
  field === undefined ? undefined : Number(field);

/** Converts `[field, value, …]`, as Lua returns it, to an object. */
export function fieldsOf(flat: readonly (string | number)[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
  return fields;
}
