import type { FastifyReply } from 'fastify';
import type { Problem } from '#contracts/problem.catalogue.js';
import { asRemovebgError } from './removebg.errors.js';
import { tellRateAsRemovebg } from './removebg.rate.js';

/** An error as it is sent. */
export interface ErrorAnswer {
  status: number;
  contentType: string;
  body: unknown;
}

/** Words a problem in the way that clients of one call know. */
type ErrorShape = (problem: Problem, reply: FastifyReply) => ErrorAnswer;

const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

const ofProblem = (problem: Problem): ErrorAnswer => ({
  status: problem.status,
  contentType: PROBLEM_JSON,
  body: problem.toBody(),
});

const ofRemovebg: ErrorShape = (problem, reply) => {
  tellRateAsRemovebg(reply);
  return { ...asRemovebgError(problem), contentType: 'application/json; charset=utf-8' };
};

/** FastAPI says what is wrong in `detail`; that is a member of a problem too, so it is always there. */
const ofRembg: ErrorShape = (problem) => {
  const body = problem.toBody();
  return { ...ofProblem(problem), body: { ...body, detail: body.detail ?? body.title } };
};

/** Calls whose clients expect another shape than RFC 9457's, by route. */
const SHAPES: ReadonlyMap<string, ErrorShape> = new Map([
  ['/v1.0/removebg', ofRemovebg],
  ['/v1.0/account', ofRemovebg],
  ['/api/remove', ofRembg],
]);

/** A problem in the shape of the call that has it. */
export function answerTo(reply: FastifyReply, problem: Problem): ErrorAnswer {
  // A request that the router refused to read has no route.
  const { url } = reply.request.routeOptions as { url?: string | undefined };
  return (SHAPES.get(url ?? '') ?? ofProblem)(problem, reply);
}
