import { inputKey, outputKey } from '#broker/broker.keys.js';
import type { Broker } from '#broker/broker.js';
import type { JobRecord } from '#broker/job.record.js';
import { lifetimeAfter } from '#broker/lifetimes.js';
import type { PayloadStore } from '#broker/payload.store.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { chunkCount, openChunk, sealPayload } from '#vault/chunk.cipher.js';
import { wipe } from '#vault/wipe.js';
import { persist } from './persistence.js';

/**
 * Reads and opens the whole upload of a job. The caller wipes it. The stored upload is made to outlive the work: it
 * may have waited for nearly all of its time, and another worker may have to start again.
 * @throws Problem `processing-failed` when a chunk is missing; TamperedError when one was changed
 */
export async function fetchInput(
  { payloads, lifetimes }: Pick<Broker, 'payloads' | 'lifetimes'>,
  record: JobRecord,
  key: Buffer,
): Promise<Buffer> {
  const { id, inputChunks: count, inputBytes } = record;
  const prolonged = payloads.prolong(inputKey(id), lifetimeAfter('claim', lifetimes));
  prolonged.catch(() => undefined);
  const image = Buffer.allocUnsafeSlow(inputBytes);
  let filled = 0;
  for (let index = 0; index < count; index++) {
    const box = await payloads.read(inputKey(id), index);
    if (box === undefined) throw new Problem('processing-failed');
    const plain = openChunk(key, { id, role: 'input' }, { index, last: index === count - 1 }, box);
    filled += plain.copy(image, filled);
    wipe(plain);
  }
  await prolonged;
  return image;
}

/** Where and how a result is stored. */
export interface StoreRequest {
  id: JobRecord['id'];
  attempt: number;
  key: Buffer;
  lifetimeMs: number;
}

/**
 * Seals and stores a result under its attempt's own key, and wipes the plaintext. One chunk is on its way while
 * the next is sealed; each is tried again through an outage. Returns the number of chunks.
 */
export async function storeOutput(payloads: PayloadStore, result: Buffer, to: StoreRequest): Promise<number> {
  const key = outputKey(to.id, to.attempt);
  let written: Promise<void> = Promise.resolve();
  let index = 0;
  for (const box of sealPayload(to.key, { id: to.id, role: 'output' }, result)) {
    const place = index++;
    await written;
    written = persist(() => payloads.write(key, place, box, to.lifetimeMs));
    written.catch(() => undefined);
  }
  await written;
  return chunkCount(result.length);
}
