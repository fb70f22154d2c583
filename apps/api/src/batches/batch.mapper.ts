import type { BatchMember, BatchRecord } from '#broker/batches/batch.store.js';
import { batchLinks, isLost, type BatchFailure, type BatchView } from '#contracts/batch-view.js';
import { failureFacts } from '#contracts/failure-facts.js';
import { publicId } from '#contracts/public-id.js';
import { problemBody, type ProblemCode } from '#contracts/problem-catalog.js';
import type { BatchSecrets } from '#crypto/batch-token.js';
import { timeText } from '../results/job.mapper.js';

const CODE_OF_LOSS = {
  failed: 'processing-failed',
  cancelled: 'job-cancelled',
  expired: 'result-expired',
} as const satisfies Record<string, ProblemCode>;

/** The `custom_id` and the public id of an image. */
export function toBatchEntry(
  { jobId, sealedEntry }: Pick<BatchMember, 'jobId' | 'sealedEntry'>,
  secrets: BatchSecrets,
  region: string | undefined,
): { custom_id: string; id: string } {
  return { custom_id: secrets.customIdOf(sealedEntry), id: publicId(jobId, region) };
}

/** An image that ended without a result, and the reason. */
export function toBatchFailure(
  member: BatchMember,
  secrets: BatchSecrets,
  region: string | undefined,
): BatchFailure {
  const { state, code, numbers } = member;
  const why = code ?? (isLost(state) ? CODE_OF_LOSS[state] : 'processing-failed');
  return { ...toBatchEntry(member, secrets, region), problem: problemBody(why, failureFacts(why, numbers)) };
}

/** The response of `GET /v1/batches/{id}`. */
export function toBatchResponse(
  record: BatchRecord,
  lost: readonly BatchMember[],
  { secrets, region }: { secrets: BatchSecrets; region: string | undefined },
): BatchView {
  const id = publicId(record.id, region);
  const { status, version, counts, createdAt, expiresAt, promises } = record;
  return {
    ...{ id, status, version, counts },
    failures: lost.map((member) => toBatchFailure(member, secrets, region)),
    created_at: timeText(createdAt),
    expires_at: timeText(expiresAt),
    ...promises,
    links: batchLinks(id),
  };
}
