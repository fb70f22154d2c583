import type { FastifyRequest } from 'fastify';
import { isBatchId, type BatchId } from '#contracts/batch.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { BatchSecrets, opensBatch } from '#vault/batch.token.js';
import { parseToken } from '#vault/job.token.js';
import { shownToken, type TokenPlace } from '../http/shown.token.js';

/** A request that has shown the token of the batch it names. `secrets` is to be wiped when it has been answered. */
export interface BatchAccess {
  id: BatchId;
  secrets: BatchSecrets;
}

/**
 * Checks the token of a batch's request, as `accessJob` does: without a look-up.
 * @throws Problem `batch-not-found` for a malformed id, a missing token and a wrong one alike
 */
export function accessBatch(request: FastifyRequest, place: TokenPlace = 'header'): BatchAccess {
  const { id = '' } = request.params as { id?: string };
  const token = parseToken(shownToken(request, place));
  if (!isBatchId(id) || token === undefined || !opensBatch(token, id)) throw new Problem('batch-not-found');
  return { id, secrets: new BatchSecrets(token) };
}
