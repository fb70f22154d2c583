import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { wipe } from '#vault/wipe.js';

/** Wipes the token of a request when its handler has returned or thrown. */
@Injectable()
export class TokenWipe implements NestInterceptor {
  /** Streams that outlive the handler keep a copy of their own. */
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
