import type { FileRole, UploadPart } from '#broker/records/job-record.js';
import type { UploadSession } from '#broker/jobs/upload-session.js';
import { backgroundError, maskError } from '#contracts/problem-catalog.js';
import type { JobId } from '#contracts/job-id.js';
import type { ImageLimits } from '#imaging/formats/image-facts.js';
import { ImageGuard } from '#imaging/guard/image-guard.js';
import { CHUNK_BYTES, sealChunk } from '#crypto/chunk-cipher.js';
import { wipe } from '#crypto/wipe.js';

/** Receives callbacks during an upload. */
export interface UploadObserver {
  /** Called once the size of the image is known. If it throws, nothing is stored. */
  onPixels(pixels: number): Promise<void>;
  /** Called with the next plaintext bytes of a file, which are wiped afterwards. */
  onBytes(role: FileRole, plain: Uint8Array): void;
}

/** Encrypts the files of one upload chunk by chunk as they arrive, and appends them to one Redis key. */
export class UploadEncryptor {
  /** Files stored so far. */
  readonly parts: UploadPart[] = [];
  /** Pixels of the image; 0 when its header is not in the first chunk. */
  pixels = 0;

  constructor(
    private readonly session: UploadSession,
    private readonly limits: ImageLimits,
    private readonly job: { id: JobId; inputKey: Buffer },
    private readonly observer: UploadObserver,
  ) {}

  /**
   * Checks, encrypts and stores each chunk. An image that must not reach a decoder is rejected as early as possible.
   * @throws Problem `image-type-unsupported` | `image-truncated` | `image-corrupt` | `image-too-many-pixels` |
   * `image-too-complex`
   * @throws what the observer throws, and as `UploadSession.write`
   */
  async write(role: FileRole, file: AsyncIterable<Buffer>): Promise<void> {
    const { id, inputKey: key } = this.job;
    const part: UploadPart = { role, chunks: 0, bytes: 0 };
    this.parts.push(part);
    const guard = new ImageGuard(this.limits);
    for await (const { last, plain } of chunkStream(file)) {
      inspect(guard, plain, { role, last });
      if (part.chunks === 0) await this.count(role, guard);
      this.observer.onBytes(role, plain);
      part.bytes += plain.length;
      part.chunks += 1;
      await this.session.write(plain.length, (index) => sealChunk(key, { id, role }, { index, last }, plain));
    }
  }

  /** Marks the file of this role as skipped. It stays encrypted, and is deleted with the job. */
  skip(role: FileRole): void {
    for (const part of this.parts) if (part.role === role) part.role = 'skipped';
    if (role === 'input') this.pixels = 0;
  }

  private async count(role: FileRole, { facts }: ImageGuard): Promise<void> {
    if (role !== 'input') return;
    if (facts !== undefined) this.pixels = facts.width * facts.height;
    // An image with more than a mebibyte of metadata before its size counts as the largest.
    await this.observer.onPixels(this.pixels || this.limits.maxPixels);
  }
}

/** Errors of the files beside the image. */
const ERROR_OF: Readonly<Partial<Record<FileRole, (error: unknown) => unknown>>> = {
  background: backgroundError,
  mask: maskError,
};

/** @throws Problem when the guard rejects the file. A damaged background or mask has a code of its own. */
function inspect(guard: ImageGuard, plain: Buffer, { role, last }: { role: FileRole; last: boolean }): void {
  try {
    guard.inspect(plain);
    if (last) guard.end();
  } catch (error) {
    throw ERROR_OF[role]?.(error) ?? error;
  }
}

/** One plaintext chunk of an upload. Its memory is reused for the next chunk. */
export interface PlainChunk {
  index: number;
  last: boolean;
  plain: Buffer;
}

/**
 * Splits a stream into chunks of 1 MiB, the last one shorter. Each incoming buffer is wiped once it is copied, and the chunk
 * memory at the end, so this process never holds the whole upload. An empty stream gives one empty chunk.
 */
export async function* chunkStream(source: AsyncIterable<Buffer>): AsyncGenerator<PlainChunk, void> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let filled = 0;
  let index = 0;
  try {
    for await (const arrived of source) {
      let taken = 0;
      while (taken < arrived.length) {
        if (filled === CHUNK_BYTES) {
          yield { index: index++, last: false, plain: chunk };
          filled = 0;
        }
        const copied = arrived.copy(chunk, filled, taken);
        filled += copied;
        taken += copied;
      }
      wipe(arrived);
    }
    yield { index, last: true, plain: chunk.subarray(0, filled) };
  } finally {
    wipe(chunk);
  }
}
