import { isProblemCode, type ProblemCode } from '#contracts/problem.catalogue.js';

/** What can fail without the service having said so. */
export type ConnectionCode = 'connection-lost' | 'unexpected-answer';

/** Facts of a failure, as far as they are known. */
export interface ClientProblemFacts {
  /** HTTP status; absent when no answer came. */
  status?: number | undefined;
  /** The service's own sentence. */
  title?: string | undefined;
  detail?: string | undefined;
  /** Name of the parameter that the service did not like. */
  parameter?: string | undefined;
  /** Milliseconds to wait before a retry makes sense. */
  retryAfterMs?: number | undefined;
}

/** Why an image came to nothing, as the service tells it. */
interface EndProblem {
  code: string;
  status: number;
  title: string;
  detail?: string;
  parameter?: string;
}

type Code = ProblemCode | ConnectionCode;

const IN_THE_WAY: ReadonlySet<Code> = new Set<Code>([
  'retry-too-soon',
  'result-busy',
  'request-timeout',
  'upload-interrupted',
]);

const LOST: ReadonlySet<Code> = new Set<Code>([
  'job-not-found',
  'batch-not-found',
  'result-delivered',
  'result-expired',
  'queue-lost',
]);

/** The one error of this client: a problem the service answered with, or a connection that failed. */
export class ClientProblem extends Error {
  override readonly name = 'ClientProblem';

  constructor(
    readonly code: Code,
    readonly facts: ClientProblemFacts = {},
    options?: ErrorOptions,
  ) {
    super(facts.title ?? code, options);
  }

  /** The error of an image that ended without a result, as its job or batch tells of it. */
  static of(problem: EndProblem | undefined): ClientProblem {
    const { code = 'processing-failed', status, title, detail, parameter } = problem ?? {};
    return new ClientProblem(isProblemCode(code) ? code : 'processing-failed', {
      ...{ status, title, detail, parameter },
    });
  }

  /** HTTP status, when an answer came. */
  get status(): number | undefined {
    return this.facts.status;
  }

  /** Milliseconds the service asked to wait for. */
  get retryAfterMs(): number | undefined {
    return this.facts.retryAfterMs;
  }

  /** True when the same call may well succeed later: the service is busy, or the connection broke. */
  get isTemporary(): boolean {
    const { status } = this.facts;
    return this.code === 'connection-lost' || status === 429 || (status !== undefined && status >= 500);
  }

  /**
   * True when the very same request may be sent again by itself: what is temporary, and what another request, or the
   * same one cut short, stands in the way of.
   */
  get isRepeatable(): boolean {
    return this.isTemporary || IN_THE_WAY.has(this.code);
  }

  /**
   * True when the service has lost or forgotten an image that it had taken. Whoever still has it may submit it anew:
   * nothing of it is left there.
   */
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
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

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
export function problemOfAnswer(answer: FailedAnswer): ClientProblem {
  const body = parseRecord(answer.body);
  const code = textOf(body['code']);
  const seconds = body['retry_after'];
  return new ClientProblem(code !== undefined && isProblemCode(code) ? code : 'unexpected-answer', {
    status: answer.status,
    title: textOf(body['title']),
    detail: textOf(body['detail']),
    parameter: textOf(body['parameter']),
    retryAfterMs:
      retryAfterMs(answer.retryAfter) ?? (typeof seconds === 'number' ? seconds * 1000 : undefined),
  });
}

/** The error of a fetch answer; reads its body. */
export async function problemOfResponse(response: Response): Promise<ClientProblem> {
  return problemOfAnswer({
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.text().catch(() => ''),
  });
}
