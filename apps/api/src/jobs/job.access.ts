import type { FastifyRequest } from 'fastify';
import { isJobId, type JobId } from '#contracts/job.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { opensJob, parseToken } from '#vault/job.token.js';
import { shownToken, type TokenPlace } from '../http/shown.token.js';

/** A request that has shown the token of the job it names. */
export interface JobAccess {
  id: JobId;
  token: Buffer;
}

/**
 * Checks the token of a job's request. Job ids follow from tokens, so this needs no look-up and takes the same
 * time for jobs that exist and jobs that do not.
 * @throws Problem `job-not-found` for a malformed id, a missing token and a wrong one alike
 */
export function accessJob(request: FastifyRequest, place: TokenPlace = 'header'): JobAccess {
  const { id = '' } = request.params as { id?: string };
  const token = parseToken(shownToken(request, place));
  if (!isJobId(id) || token === undefined || !opensJob(token, id)) throw new Problem('job-not-found');
  return { id, token };
}
