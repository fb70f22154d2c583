import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { RemoveBgErrorCode, RemoveBgErrorFacts } from './error-facts.js';
import { messageOf } from './error-message.js';

/** Why an image has no result, as the service reports it. */
interface EndProblem extends Omit<RemoveBgErrorFacts, 'retryAfterMs'> {
  code: string;
}

const IN_THE_WAY: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>([
  'retry-too-soon',
  'result-busy',
  'request-timeout',
  'upload-interrupted',
]);

const LOST: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>([
  'job-not-found',
  'batch-not-found',
  'result-delivered',
  'result-expired',
  'queue-lost',
]);

/**
 * The code of an image that ended without a result. A newer service may have codes that this version does not list:
 * they are passed on as they are.
 */
export const codeOf = (problem: { code?: string } | undefined): ProblemCode =>
  (problem?.code || 'processing-failed') as ProblemCode;

/**
 * The one error of this client: a problem that the service answered with, a connection that failed, or an argument
 * that cannot be used. Its message says what happened and what would be right.
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

  /** True when the same call may well succeed later: the service is busy, or the connection broke. */
  get isTemporary(): boolean {
    const { status } = this;
    return this.code === 'connection-lost' || status === 429 || (status !== undefined && status >= 500);
  }

  /**
   * True when the very same request may be sent again by itself: what is temporary, and what another request, or the
   * same one cut short, stands in the way of.
   */
  get isRepeatable(): boolean {
    return this.isTemporary || IN_THE_WAY.has(this.code);
  }

  /** True when the service no longer has an image that it had accepted: it can be submitted again. */
  get isLostImage(): boolean {
    return LOST.has(this.code);
  }
}

/** An answer reduced to what a problem is read from, so that fetch and XMLHttpRequest share one reader. */
export interface FailedAnswer {
  status: number;
  /** Value of `Retry-After`, if any. */
  retryAfter: string | null;
  body: string;
  /** Origin that answered, where it is known. */
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

/**
 * Milliseconds of a `Retry-After` header (seconds or an HTTP date, RFC 9110 section 10.2.3); undefined when it
 * says neither.
 */
export function retryAfterMs(header: string | null, nowMs: number = Date.now()): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** The error of an answer that is not a success: problem+json if it is that, else `unexpected-answer`. */
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

/** The error of a fetch answer; reads its body. */
export async function problemOfResponse(response: Response): Promise<RemoveBgError> {
  return problemOfAnswer({
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.text().catch(() => ''),
    origin: URL.canParse(response.url) ? new URL(response.url).origin : undefined,
  });
}
