import type { FastifyRequest } from 'fastify';
import { isJobId, type JobId } from '#contracts/job.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { opensJob, parseToken } from '#vault/job.token.js';

/** A request that has shown the token of the job it names. */
export interface JobAccess {
  id: JobId;
  token: Buffer;
}

/** Where the token may stand: `header` only, or also in the query, for EventSource, which cannot set headers. */
export type TokenPlace = 'header' | 'header-or-query';

/**
 * Checks the token of a job's request. Job ids follow from tokens, so this needs no look-up and takes the same
 * time for jobs that exist and jobs that do not.
 * @throws Problem `job-not-found` for a malformed id, a missing token and a wrong one alike
 */
export function accessJob(request: FastifyRequest, place: TokenPlace = 'header'): JobAccess {
  const { id = '' } = request.params as { id?: string };
  const token = parseToken(bearer(request) ?? (place === 'header' ? '' : queryToken(request)));
  if (!isJobId(id) || token === undefined || !opensJob(token, id)) throw new Problem('job-not-found');
  return { id, token };
}

function bearer(request: FastifyRequest): string | undefined {
  return /^Bearer +([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function queryToken(request: FastifyRequest): string {
  const { token } = request.query as { token?: unknown };
  return typeof token === 'string' ? token : '';
}
