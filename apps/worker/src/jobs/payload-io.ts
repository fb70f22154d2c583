import { inputKey, outputKey } from '#broker/redis/redis-keys.js';
import type { Broker } from '#broker/broker.js';
import type { FileRole, JobRecord, UploadPart } from '#broker/records/job-record.js';
import { lifetimeAfter, STORE_MS } from '#broker/records/lifetimes.js';
import { PayloadClosedError, type PayloadStore } from '#broker/payload/payload.store.js';
import { Problem } from '#contracts/problem-catalog.js';
import { chunkCount, openChunk, sealPayload } from '#crypto/chunk-cipher.js';
import { wipe } from '#crypto/wipe.js';
import { Cancelled } from '../engine/engine-contract.js';
import { retryThroughOutage } from './outage-retry.js';

/** The decrypted files of an upload. */
export type Upload = Partial<Record<FileRole, Buffer>> & { input: Buffer };

/** Overwrites all files of an upload. */
export const wipeUpload = (upload: Partial<Upload> | undefined): void => wipe(...Object.values(upload ?? {}));

/**
 * Reads and decrypts the upload of a job. The caller wipes its files. The lifetime of the stored upload is prolonged:
 * it may have been queued for nearly all of it, and another worker may have to start again.
 * @throws Problem `processing-failed` when a chunk is missing
 * @throws TamperedError when a chunk was changed
 */
export async function fetchUpload(
  { payloads, lifetimes }: Pick<Broker, 'payloads' | 'lifetimes'>,
  record: JobRecord,
  key: Buffer,
): Promise<Upload> {
  const payload = payloads.of(record);
  const prolonged = payload.prolong(inputKey(record.id), lifetimeAfter('claim', lifetimes));
  prolonged.catch(() => undefined);
  const upload: Partial<Upload> = {};
  try {
    let first = 0;
    for (const part of record.parts) {
      const { role } = part;
      if (role !== 'skipped') {
        const file = Buffer.allocUnsafeSlow(part.bytes);
        upload[role] = file;
        await fetchPart(file, payload, { id: record.id, key, part: { ...part, role }, first });
      }
      first += part.chunks;
    }
    await prolonged;
    const { input, ...others } = upload;
    if (input === undefined) throw new Problem('processing-failed');
    return { input, ...others };
  } catch (error) {
    wipeUpload(upload);
    throw error;
  }
}

/** Fills `file` with the chunks of one part, the first of which is chunk `first` of the upload. */
async function fetchPart(
  file: Buffer,
  payload: PayloadStore,
  {
    id,
    key,
    part,
    first,
  }: { id: JobRecord['id']; key: Buffer; part: UploadPart & { role: FileRole }; first: number },
): Promise<void> {
  let filled = 0;
  const end = first + part.chunks;
  for (let index = first; index < end; index++) {
    const box = await payload.read(inputKey(id), index);
    if (box === undefined) throw new Problem('processing-failed');
    const plain = openChunk(key, { id, role: part.role }, { index, last: index === end - 1 }, box);
    filled += plain.copy(file, filled);
    wipe(plain);
  }
}

/** Where and how a result is stored. */
export interface StoreRequest extends Pick<JobRecord, 'id' | 'attempt' | 'incarnation'> {
  key: Buffer;
  lifetimeMs: number;
  /** Aborted when the job is cancelled. */
  signal: AbortSignal;
}

/**
 * Encrypts and stores a result under the key of its attempt. One chunk is written while the next is encrypted; each
 * write is retried through an outage. The complete result gets its lifetime, which covers the commit.
 * @returns the number of chunks
 * @throws Cancelled when the attempt is over
 * @throws Problem `queue-lost` when stored chunks were lost during the attempt
 */
export async function storeOutput(
  { payloads, jobs }: Pick<Broker, 'payloads' | 'jobs'>,
  result: Buffer,
  to: StoreRequest,
): Promise<number> {
  const key = outputKey(to.id, to.attempt);
  const requireAttempt = async (): Promise<void> => {
    const now = await jobs.read(to.id);
    if (now?.state !== 'running' || now.attempt !== to.attempt) throw new Cancelled();
  };
  await retryThroughOutage(async () => {
    await payloads.of(to).open(key, STORE_MS);
    await requireAttempt();
  }, to.signal);
  let written: Promise<void> = Promise.resolve();
  let index = 0;
  for (const box of sealPayload(to.key, { id: to.id, role: 'output' }, result)) {
    const chunk = index++;
    await written;
    written = retryThroughOutage(() => payloads.of(to).write(key, chunk, box), to.signal).catch(
      async (error: unknown) => {
        if (!(error instanceof PayloadClosedError)) throw error;
        await retryThroughOutage(requireAttempt, to.signal);
        throw new Problem('queue-lost');
      },
    );
    written.catch(() => undefined);
  }
  await written;
  await retryThroughOutage(async () => payloads.of(to).prolong(key, STORE_MS + to.lifetimeMs), to.signal);
  return chunkCount(result.length);
}
