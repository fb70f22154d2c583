import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, type ProblemCode } from '#contracts/problem.catalogue.js';
import type { Log } from '#telemetry/log.js';

/** An error response before it is sent. */
export interface ProblemResponse {
  status: number;
  contentType: string;
  body: unknown;
}

/** Renders a problem in the format that the clients of a route expect. */
export type ProblemRenderer = (problem: Problem, reply: FastifyReply) => ProblemResponse;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Format of the route's errors; RFC 9457 by default. */
    renderProblem?: ProblemRenderer;
    /** The route takes an image as text too: in base64, with line ends, or with escapes in a urlencoded form. */
    takesBase64?: boolean;
    /** A GET that makes the service work: pages of other origins may not send it. */
    hasEffect?: boolean;
    /** A GET that can be read once, or that streams: it has no HEAD. */
    withoutHead?: boolean;
  }
}

/** `application/problem+json` (RFC 9457). */
export const renderProblem: ProblemRenderer = (problem) => ({
  status: problem.status,
  contentType: 'application/problem+json; charset=utf-8',
  body: problem.toBody(),
});

/** Configuration of a request's route; empty for a request that the router refused to read. */
export const routeConfig = ({ routeOptions }: FastifyRequest): FastifyContextConfig =>
  (routeOptions as { config?: FastifyContextConfig }).config ?? {};

/** A problem in the format of the route that it occurs on. */
export function renderForRoute(reply: FastifyReply, problem: Problem): ProblemResponse {
  return (routeConfig(reply.request).renderProblem ?? renderProblem)(problem, reply);
}

const refusals = new WeakMap<FastifyReply['raw'], ProblemCode>();

/** Notes with which code a request was refused, for whoever counts. */
export const setRefusalCode = ({ raw }: FastifyReply, code: ProblemCode): void =>
  void refusals.set(raw, code);

/** The code that a request was refused with. */
export const refusalCodeOf = ({ raw }: FastifyReply): ProblemCode | undefined => refusals.get(raw);

/** Codes of failures that Nest and Fastify raise themselves. Their messages may echo input and are dropped. */
const CODE_OF_STATUS: Record<number, ProblemCode> = {
  400: 'invalid-request',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'image-too-large',
  414: 'invalid-request',
  415: 'image-type-unsupported',
  429: 'rate-limited',
  431: 'headers-too-large',
  503: 'broker-unavailable',
};

/** RFC 9110 wants one with each 401. */
const CHALLENGE = 'Bearer realm="removebg-bd"';

/** The problem that any thrown value amounts to; undefined for a defect of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status >= 500) return undefined;
  return new Problem(CODE_OF_STATUS[status] ?? 'invalid-request');
}

/** Answers with `application/problem+json` (RFC 9457), or in the shape that clients of the call know. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  const { status, contentType, body } = renderForRoute(reply, problem);
  setRefusalCode(reply, problem.code);
  if (problem.facts.retryAfterS !== undefined) void reply.header('Retry-After', problem.facts.retryAfterS);
  if (status === 401) void reply.header('WWW-Authenticate', CHALLENGE);
  void reply
    .code(status)
    .header('Cache-Control', 'no-store')
    .header('Content-Type', contentType)
    .serializer((text: string) => text)
    .send(JSON.stringify(body));
}

/** The one exit of all errors. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  /** Renders the error, unless the response has started: then the connection is closed. */
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem === undefined) this.log.defect(error);
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, problem ?? new Problem('internal-error'));
  }
}
