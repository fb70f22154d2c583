import {
  applyDecorators,
  createParamDecorator,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { isBatchId, type BatchId } from '#contracts/batch-id.js';
import { isJobId, type JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import { readPublicId } from '#contracts/public-id.js';
import type { Settings } from '#config/settings.schema.js';
import { BatchSecrets, opensBatch } from '#crypto/batch-token.js';
import { opensJob, parseToken } from '#crypto/job-token.js';
import { wipe } from '#crypto/wipe.js';
import { SETTINGS } from '../core/providers.js';

/** Where a token is accepted: in the header, or also in the query, for EventSource, which cannot send headers. */
type TokenPlace = 'header' | 'header-or-query';

const TOKEN_PLACE = 'token place';

/** A job and the token that authorizes requests on it. */
export interface JobAccess {
  id: JobId;
  token: Buffer;
}

/** A batch and the secrets that follow from its token. */
export interface BatchAccess {
  id: BatchId;
  secrets: BatchSecrets;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the job token guard; wiped when the handler has returned. */
    jobAccess?: JobAccess;
    /** Set by the batch token guard; wiped when the handler has returned. */
    batchAccess?: BatchAccess;
  }
}

/** Id and token of a request on a job or a batch. */
interface Credentials {
  request: FastifyRequest;
  /** The id without its region. */
  id: string;
  token: Buffer | undefined;
}

@Injectable()
abstract class TokenGuard implements CanActivate {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    const place = this.reflector.get<TokenPlace>(TOKEN_PLACE, context.getHandler());
    const id = resolveLocalId(request.params.id ?? '', this.settings);
    this.authorize({ request, id, token: parseToken(extractBearerToken(request, place)) });
    return true;
  }

  protected abstract authorize(credentials: Credentials): void;
}

/**
 * Checks the token of a request on a job. Job ids follow from tokens, so this needs no look-up and takes the same
 * time for jobs that exist and jobs that do not. Throws the problem `job-not-found` for a malformed id, a missing
 * token and a wrong one alike; `wrong-region` for a job of another region.
 */
class JobTokenGuard extends TokenGuard {
  protected override authorize({ request, id, token }: Credentials): void {
    if (!isJobId(id) || token === undefined || !opensJob(token, id)) throw new Problem('job-not-found');
    request.jobAccess = { id, token };
  }
}

/**
 * Checks the token of a request on a batch, without a look-up. Throws the problem `batch-not-found` for a malformed
 * id, a missing token and a wrong one alike; `wrong-region` for a batch of another region.
 */
class BatchTokenGuard extends TokenGuard {
  protected override authorize({ request, id, token }: Credentials): void {
    if (!isBatchId(id) || token === undefined || !opensBatch(token, id)) throw new Problem('batch-not-found');
    request.batchAccess = { id, secrets: new BatchSecrets(token) };
  }
}

/** Wipes the token of a request when its handler has returned or thrown. Streams that outlive the handler have a copy. */
@Injectable()
class TokenWipe implements NestInterceptor {
  intercept(context: ExecutionContext, handler: CallHandler): Observable<unknown> {
    const { jobAccess, batchAccess } = context.switchToHttp().getRequest<FastifyRequest>();
    return handler.handle().pipe(
      finalize(() => {
        wipe(jobAccess?.token);
        batchAccess?.secrets.wipe();
      }),
    );
  }
}

/** Requires the token of the job in the path. `@JobToken()` injects the job and its token. */
export const RequireJobToken = (place: TokenPlace = 'header'): ReturnType<typeof applyDecorators> =>
  applyDecorators(SetMetadata(TOKEN_PLACE, place), UseGuards(JobTokenGuard), UseInterceptors(TokenWipe));

/** Requires the token of the batch in the path. `@BatchToken()` injects the batch and its secrets. */
export const RequireBatchToken = (place: TokenPlace = 'header'): ReturnType<typeof applyDecorators> =>
  applyDecorators(SetMetadata(TOKEN_PLACE, place), UseGuards(BatchTokenGuard), UseInterceptors(TokenWipe));

/** The job of the path and its token (`JobAccess`). */
export const JobToken = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().jobAccess,
);

/** The batch of the path and its secrets (`BatchAccess`). */
export const BatchToken = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().batchAccess,
);

/**
 * The id of a job or a batch without its region. Images never leave their region: a request on an id of another region is
 * rejected with the address of that region. Ids without a region are local. An id of an unknown region is returned
 * unchanged, and matches no job.
 * @throws Problem `wrong-region`
 */
function resolveLocalId(publicId: string, { REGION, REGION_URLS = [] }: Settings): string {
  const { region, id } = readPublicId(publicId);
  if (region === undefined || region === REGION) return id;
  const other = REGION_URLS.find(({ name }) => name === region);
  if (other !== undefined) throw new Problem('wrong-region', { region: other.name, address: other.url });
  return publicId;
}

/** The token of a request: `Authorization: Bearer`, else `?token=`; '' when there is none. */
function extractBearerToken(request: FastifyRequest, place: TokenPlace): string {
  const bearer = /^Bearer +([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined || place === 'header') return bearer ?? '';
  const { token } = request.query as { token?: unknown };
  return typeof token === 'string' ? token : '';
}
