import { inputKey } from '#broker/broker.keys.js';
import { UPLOAD_MS } from '#broker/lifetimes.js';
import type { PayloadStore } from '#broker/payload.store.js';
import type { JobId } from '#contracts/job.id.js';
import { checkDimensions, NEED_MORE, probeImage, type ImageLimits } from '#imaging/image.probe.js';
import { sealChunk } from '#vault/chunk.cipher.js';
import { cutChunks } from './chunk.stream.js';

/** What was stored of an upload. */
export interface SealedUpload {
  chunks: number;
  bytes: number;
  /** Pixels, or 0 when the header lies beyond the first chunk: the worker looks again. */
  pixels: number;
}

/** Seals an upload chunk by chunk as it arrives. */
export class UploadSealer {
  constructor(
    private readonly payloads: PayloadStore,
    private readonly limits: ImageLimits,
  ) {}

  /**
   * Looks at the first chunk's header, then seals and stores chunk after chunk.
   * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` before anything is stored
   */
  async seal(id: JobId, key: Buffer, bytes: AsyncIterable<Buffer>): Promise<SealedUpload> {
    const stored: SealedUpload = { chunks: 0, bytes: 0, pixels: 0 };
    for await (const { index, last, plain } of cutChunks(bytes)) {
      if (index === 0) stored.pixels = this.inspect(plain);
      stored.bytes += plain.length;
      stored.chunks += 1;
      const box = sealChunk(key, { id, role: 'input' }, { index, last }, plain);
      await this.payloads.write(inputKey(id), index, box, UPLOAD_MS);
    }
    return stored;
  }

  private inspect(head: Buffer): number {
    const facts = probeImage(head);
    if (facts === NEED_MORE) return 0;
    checkDimensions(facts, this.limits);
    return facts.width * facts.height;
  }
}
