import {
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import type { Observable } from 'rxjs';

/** Headers of a response that no cache may store. */
export const NO_STORE = { 'Cache-Control': 'no-store' } as const;

/** Headers of a response that any cache may store for `seconds`. */
export const cacheFor = (seconds: number): { 'Cache-Control': string } => ({
  'Cache-Control': `public, max-age=${seconds}`,
});

const MAX_AGE_S = 'cache max-age';

/** Allows caches to store the responses of a route for `seconds`. */
export const CacheFor = (seconds: number): ReturnType<typeof SetMetadata> => SetMetadata(MAX_AGE_S, seconds);

/** Sets `Cache-Control` on the responses of all controllers: `no-store`, except for routes with `@CacheFor`. */
@Injectable()
export class CacheControl implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, handler: CallHandler): Observable<unknown> {
    const seconds = this.reflector.get<number | undefined>(MAX_AGE_S, context.getHandler());
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.headers(seconds === undefined ? NO_STORE : cacheFor(seconds));
    return handler.handle();
  }
}
