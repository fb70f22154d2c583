import { inputKey } from '#broker/broker.keys.js';
import type { UploadPart } from '#broker/job.record.js';
import { UPLOAD_MS } from '#broker/lifetimes.js';
import type { PayloadStore } from '#broker/payload.store.js';
import { checkDimensions, NEED_MORE, probeImage, type ImageLimits } from '#imaging/image.probe.js';
import type { JobSecrets } from '#vault/job.token.js';
import { sealChunk } from '#vault/chunk.cipher.js';
import { cutChunks } from './chunk.stream.js';

/** Hears of an upload as it arrives. */
export interface UploadListener {
  /** The image has this many pixels. Nothing of it is stored when this throws. */
  pixels(pixels: number): Promise<void>;
  /** The next bytes of a file, in the clear. They are wiped afterwards. */
  bytes(role: UploadPart['role'], plain: Uint8Array): void;
}

/** Seals the files of one upload, chunk by chunk as they arrive, one after the other into the same key. */
export class UploadSealer {
  /** What was stored so far. */
  readonly parts: UploadPart[] = [];
  /** Pixels of the image; 0 when its header lies beyond the first chunk: the worker looks again. */
  pixels = 0;
  private written = 0;

  constructor(
    private readonly payload: PayloadStore,
    private readonly limits: ImageLimits,
    private readonly secrets: JobSecrets,
    private readonly listener: UploadListener,
  ) {}

  /**
   * Looks at the first chunk's header, then seals and stores chunk after chunk.
   * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` before the file is stored
   * @throws whatever the listener throws
   */
  async take(role: UploadPart['role'], file: AsyncIterable<Buffer>): Promise<void> {
    const { id, inputKey: key } = this.secrets;
    const part = { role, chunks: 0, bytes: 0 };
    for await (const { last, plain } of cutChunks(file)) {
      if (part.chunks === 0) await this.inspect(role, plain);
      this.listener.bytes(role, plain);
      part.bytes += plain.length;
      part.chunks += 1;
      const index = this.written++;
      const box = sealChunk(key, { id, role }, { index, last }, plain);
      await this.payload.write(inputKey(id), index, box, UPLOAD_MS);
    }
    this.parts.push(part);
  }

  private async inspect(role: UploadPart['role'], head: Buffer): Promise<void> {
    const facts = probeImage(head);
    if (facts !== NEED_MORE) checkDimensions(facts, this.limits);
    if (role !== 'input') return;
    if (facts !== NEED_MORE) this.pixels = facts.width * facts.height;
    // Whoever hides the size behind a mebibyte of metadata counts as the largest.
    await this.listener.pixels(this.pixels || this.limits.maxPixels);
  }
}
