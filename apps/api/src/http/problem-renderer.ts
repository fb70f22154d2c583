import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '#contracts/problem.catalogue.js';

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
