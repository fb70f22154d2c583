import type { JobId } from '#contracts/job-id.js';
import { open, seal } from './sealed-box.js';
import { wipe } from './wipe.js';

/** Plain bytes of every chunk but the last. */
export const CHUNK_BYTES = 1 << 20;

/** Which of a job's payloads a chunk belongs to. */
export interface ChunkContext {
  id: JobId;
  role: 'input' | 'background' | 'mask' | 'output';
}

/** Position of a chunk in its key, and whether it is the last of its file. */
export interface ChunkPlace {
  index: number;
  last: boolean;
}

const contextOf = ({ id, role }: ChunkContext, { index, last }: ChunkPlace): string =>
  `${id}/${role}/${index}/${last ? 'last' : 'more'}`;

/**
 * Encrypts one chunk and wipes its plaintext. Job, role, index and end are authenticated, so chunks cannot be swapped, moved
 * between jobs, repeated or truncated.
 */
export function sealChunk(key: Buffer, context: ChunkContext, place: ChunkPlace, plain: Uint8Array): Buffer {
  const box = seal(key, contextOf(context, place), plain);
  wipe(plain);
  return box;
}

/** Decrypts one chunk. @throws TamperedError */
export const openChunk = (key: Buffer, context: ChunkContext, place: ChunkPlace, box: Buffer): Buffer =>
  open(key, contextOf(context, place), box);

/** Encrypted chunks of a complete payload, one at a time; an empty payload has one empty chunk. */
export function* sealPayload(key: Buffer, context: ChunkContext, payload: Buffer): Generator<Buffer, void> {
  const count = chunkCount(payload.length);
  for (let index = 0; index < count; index++) {
    const plain = payload.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    yield sealChunk(key, context, { index, last: index === count - 1 }, plain);
  }
}

/** Number of chunks of a payload of `bytes`. */
export const chunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));
