import {
  applyDecorators,
  createParamDecorator,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isBatchId, type BatchId } from '#contracts/batch.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { BatchSecrets, opensBatch } from '#vault/batch.token.js';
import { parseToken } from '#vault/job.token.js';
import { extractBearerToken, type TokenPlace } from './bearer-token.js';
import { TokenWipe } from './token-wipe.interceptor.js';

/** A batch and the secrets that follow from its token. */
export interface BatchAccess {
  id: BatchId;
  secrets: BatchSecrets;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the batch token guard; wiped when the handler has returned. */
    batchAccess?: BatchAccess;
  }
}

/**
 * Checks the token of a request on a batch, without a look-up. Throws the problem `batch-not-found` for a malformed
 * id, a missing token and a wrong one alike.
 */
class BatchTokenGuard implements CanActivate {
  constructor(private readonly place: TokenPlace) {}

  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    const { id = '' } = request.params;
    const token = parseToken(extractBearerToken(request, this.place));
    if (!isBatchId(id) || token === undefined || !opensBatch(token, id)) throw new Problem('batch-not-found');
    request.batchAccess = { id, secrets: new BatchSecrets(token) };
    return true;
  }
}

/** Requires the token of the batch that the path names; `@BatchToken()` is then the batch and its secrets. */
export const RequireBatchToken = (place: TokenPlace = 'header'): ReturnType<typeof applyDecorators> =>
  applyDecorators(UseGuards(new BatchTokenGuard(place)), UseInterceptors(TokenWipe));

/** The batch of the path and its secrets (`BatchAccess`). */
export const BatchToken = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().batchAccess,
);
