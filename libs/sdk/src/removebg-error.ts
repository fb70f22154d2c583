import type { ProblemCode } from '#contracts/problem-catalog.js';

/** Errors that the service did not report: there was no answer, or one that is not a Removebg BD answer. */
export type ConnectionCode = 'connection-lost' | 'unexpected-answer';

/**
 * Errors before anything is sent: an invalid setting, option or image (`invalid-argument`), or an image that could not be
 * read or decoded (`image-unreadable`, with the reason as `cause`).
 */
export type ArgumentCode = 'invalid-argument' | 'image-unreadable';

/** Every code that a `RemoveBgError` can have. */
export type RemoveBgErrorCode = ProblemCode | ConnectionCode | ArgumentCode;

/** Details of an error, as far as they are known. */
export interface RemoveBgErrorFacts {
  /** HTTP status; absent when there was no answer. */
  status?: number | undefined;
  /** What happened, in one sentence: the service's own where it answered. */
  title?: string | undefined;
  /** Details of this case. */
  detail?: string | undefined;
  /** Name of the invalid parameter, option or setting. */
  parameter?: string | undefined;
  /** What it accepts: a list of values, or one readable range or pattern. */
  accepted?: readonly string[] | undefined;
  /** The limit that was exceeded, in `unit`. */
  limit?: number | undefined;
  /** Unit of `limit`, such as "bytes" or "pixels". */
  unit?: string | undefined;
  /** Names of the form fields that accept the image. */
  expected?: readonly string[] | undefined;
  /** Names of the form fields that were sent instead. */
  found?: readonly string[] | undefined;
  /** Minimum delay before a retry, milliseconds. */
  retryAfterMs?: number | undefined;
}

/** Why an image has no result, as reported by the service. */
interface EndProblem extends Omit<RemoveBgErrorFacts, 'retryAfterMs'> {
  code: string;
}

/** Errors caused by a concurrent or interrupted request: the same request can succeed later. */
const INTERRUPTED: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>([
  'retry-too-soon',
  'result-busy',
  'request-timeout',
  'upload-interrupted',
]);

/** The service no longer has the image. */
const LOST: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>([
  'job-not-found',
  'batch-not-found',
  'result-delivered',
  'result-expired',
  'queue-lost',
]);

/** Why a job ended: a further request about it gets the same answer, whatever its status. */
const ENDED: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>(['not-started-in-time']);

/** The code of an image that ended without a result. Codes that this version does not know are passed through. */
export const codeOf = (problem: { code?: string } | undefined): ProblemCode =>
  (problem?.code || 'processing-failed') as ProblemCode;

/**
 * The error class of this client: a problem reported by the service, a failed connection, or an invalid argument. The
 * message says what happened and how to fix it.
 */
export class RemoveBgError extends Error implements RemoveBgErrorFacts {
  override readonly name: string = 'RemoveBgError';
  readonly status: number | undefined;
  readonly title: string | undefined;
  readonly detail: string | undefined;
  readonly parameter: string | undefined;
  readonly accepted: readonly string[] | undefined;
  readonly limit: number | undefined;
  readonly unit: string | undefined;
  readonly expected: readonly string[] | undefined;
  readonly found: readonly string[] | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: RemoveBgErrorCode,
    facts: RemoveBgErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(messageOf(code, facts), options);
    this.status = facts.status;
    this.title = facts.title;
    this.detail = facts.detail;
    this.parameter = facts.parameter;
    this.accepted = facts.accepted;
    this.limit = facts.limit;
    this.unit = facts.unit;
    this.expected = facts.expected;
    this.found = facts.found;
    this.retryAfterMs = facts.retryAfterMs;
  }

  /**
   * The error of an image that ended without a result, as its job or batch reports it.
   * @internal
   */
  static of(problem: EndProblem | undefined): RemoveBgError {
    return new RemoveBgError(codeOf(problem), problem);
  }

  /** True when the same call can succeed later: the service is busy, or the connection failed. */
  get isTemporary(): boolean {
    const { status } = this;
    return this.code === 'connection-lost' || status === 429 || (status !== undefined && status >= 500);
  }

  /** True when the same request can be repeated automatically: a temporary error, or an interrupted or blocked request. */
  get isRepeatable(): boolean {
    return (this.isTemporary && !ENDED.has(this.code)) || INTERRUPTED.has(this.code);
  }

  /** True when the service no longer has an image that it had accepted: submit it again. */
  get isLostImage(): boolean {
    return LOST.has(this.code);
  }
}

/** An error answer, independent of fetch and XMLHttpRequest. */
export interface FailedAnswer {
  status: number;
  /** Value of the `Retry-After` header. */
  retryAfter: string | null;
  body: string;
  /** Origin that answered, if known. */
  origin?: string | undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;

function parseRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** Delay in a `Retry-After` header (seconds or an HTTP date, RFC 9110 §10.2.3), milliseconds; undefined if invalid. */
export function retryAfterMs(header: string | null, nowMs: number = Date.now()): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** The error in an unsuccessful answer: its problem+json (RFC 9457), otherwise `unexpected-answer`. */
export function problemOfAnswer({ status, retryAfter, body, origin }: FailedAnswer): RemoveBgError {
  const record = parseRecord(body);
  const code = textOf(record['code']);
  const seconds = numberOf(record['retry_after']);
  const waitMs = retryAfterMs(retryAfter) ?? (seconds === undefined ? undefined : seconds * 1000);
  if (code === undefined || textOf(record['type'])?.endsWith(`/problems/${code}`) !== true) {
    const title = `${origin ?? 'The server'} answered with status ${status}, not as a Removebg BD service does`;
    return new RemoveBgError('unexpected-answer', { status, title, retryAfterMs: waitMs });
  }
  return new RemoveBgError(code as ProblemCode, {
    status,
    title: textOf(record['title']),
    detail: textOf(record['detail']),
    parameter: textOf(record['parameter']),
    accepted: textsOf(record['accepted']),
    limit: numberOf(record['limit']),
    unit: textOf(record['unit']),
    expected: textsOf(record['expected']),
    found: textsOf(record['found']),
    retryAfterMs: waitMs,
  });
}

/** The error in an unsuccessful fetch response; reads the body. */
export async function problemOfResponse(response: Response): Promise<RemoveBgError> {
  return problemOfAnswer({
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.text().catch(() => ''),
    origin: URL.canParse(response.url) ? new URL(response.url).origin : undefined,
  });
}

const MIB = 1024 * 1024;

/** Titles of errors that come without one. */
const TITLES: Partial<Record<RemoveBgErrorCode, string>> = {
  'connection-lost': 'The connection to the service was lost',
  'unexpected-answer': 'The server did not answer like a Removebg BD service',
  'image-unreadable': 'The image could not be read',
  'job-cancelled': 'The job was cancelled and its data deleted',
  'result-expired':
    'No worker started the image in time, or its result was not fetched in time. It has been deleted',
  'result-delivered': 'The result was already delivered and has been deleted',
  'queue-lost': 'The service restarted and lost the job',
};

const listOf = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ');

function limitText(limit: number, unit = ''): string {
  if (unit !== 'bytes') return `${limit.toLocaleString('en-US')} ${unit}`.trim();
  return limit >= MIB ? `${+(limit / MIB).toFixed(1)} MiB` : `${limit.toLocaleString('en-US')} bytes`;
}

/** How to fix the error, as far as the facts say it and `detail` does not. */
function hints({
  detail = '',
  parameter,
  accepted,
  limit,
  unit,
  expected,
  found,
}: RemoveBgErrorFacts): string[] {
  const texts: string[] = [];
  if (accepted !== undefined && !accepted.every((value) => detail.includes(value))) {
    texts.push(
      `${parameter === undefined ? 'Accepted' : `\`${parameter}\` accepts`}: ${accepted.join(', ')}`,
    );
  } else if (parameter !== undefined && !detail.includes(parameter))
    texts.push(`Parameter: \`${parameter}\``);
  if (limit !== undefined && !/\d/.test(detail)) texts.push(`The limit is ${limitText(limit, unit)}`);
  if (expected !== undefined && !expected.some((name) => detail.includes(name))) {
    const came = found === undefined || found.length === 0 ? '' : `, not in ${listOf(found)}`;
    texts.push(`Send the image in the field ${listOf(expected)}${came}`);
  }
  return texts;
}

/** The message of an error: what happened and how to fix it, as sentences. */
function messageOf(code: RemoveBgErrorCode, facts: RemoveBgErrorFacts): string {
  const title = facts.title || TITLES[code] || code;
  const parts = [title, ...(facts.detail ? [facts.detail] : []), ...hints(facts)];
  return parts.length === 1 ? title : parts.map((part) => part.replace(/[.\s]+$/, '')).join('. ') + '.';
}
