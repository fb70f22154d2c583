import {
  applyDecorators,
  createParamDecorator,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isJobId, type JobId } from '#contracts/job.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { opensJob, parseToken } from '#vault/job.token.js';
import { extractBearerToken, type TokenPlace } from './bearer-token.js';
import { TokenWipe } from './token-wipe.interceptor.js';

/** A job and the token that authorizes requests on it. */
export interface JobAccess {
  id: JobId;
  token: Buffer;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the job token guard; wiped when the handler has returned. */
    jobAccess?: JobAccess;
  }
}

/**
 * Checks the token of a request on a job. Job ids follow from tokens, so this needs no look-up and takes the same
 * time for jobs that exist and jobs that do not. Throws the problem `job-not-found` for a malformed id, a missing
 * token and a wrong one alike.
 */
class JobTokenGuard implements CanActivate {
  constructor(private readonly place: TokenPlace) {}

  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    const { id = '' } = request.params;
    const token = parseToken(extractBearerToken(request, this.place));
    if (!isJobId(id) || token === undefined || !opensJob(token, id)) throw new Problem('job-not-found');
    request.jobAccess = { id, token };
    return true;
  }
}

/** Requires the token of the job that the path names; `@JobToken()` is then the job and its token. */
export const RequireJobToken = (place: TokenPlace = 'header'): ReturnType<typeof applyDecorators> =>
  applyDecorators(UseGuards(new JobTokenGuard(place)), UseInterceptors(TokenWipe));

/** The job of the path and its token (`JobAccess`). */
export const JobToken = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().jobAccess,
);
