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

/** The files of an upload, in the clear. */
export interface Upload {
  input: Buffer;
  background: Buffer | undefined;
}

/**
 * Reads and opens the whole upload of a job. The caller wipes its files. What is stored is made to outlive the work:
 * it may have waited for nearly all of its time, and another worker may have to start again.
 * @throws Problem `processing-failed` when a chunk is missing; TamperedError when one was changed
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
    const { input, background } = upload;
    if (input === undefined) throw new Problem('processing-failed');
    return { input, background };
  } catch (error) {
    wipe(upload.input, upload.background);
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
  /** Aborted when the job is given up. */
  signal: AbortSignal;
}

/**
 * Seals and stores a result under its attempt's own key, and wipes the plaintext. One chunk is on its way while
 * the next is sealed; each is tried again through an outage. Only once it is whole it gets its lifetime, which covers
 * the commit too. Returns the number of chunks.
 * @throws Cancelled when the attempt is over; Problem `queue-lost` when what was stored has gone all the same
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
    const place = index++;
    await written;
    written = retryThroughOutage(() => payloads.of(to).write(key, place, box), to.signal).catch(
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
