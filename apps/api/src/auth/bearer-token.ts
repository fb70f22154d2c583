import type { FastifyRequest } from 'fastify';

/** Where a token may be: `header` only, or also in the query, for EventSource, which cannot set headers. */
export type TokenPlace = 'header' | 'header-or-query';

/** The token of a job or a batch that a request shows: `Authorization: Bearer`, else `?token=`; '' when there is none. */
export function extractBearerToken(request: FastifyRequest, place: TokenPlace): string {
  const bearer = /^Bearer +([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined || place === 'header') return bearer ?? '';
  const { token } = request.query as { token?: unknown };
  return typeof token === 'string' ? token : '';
}
