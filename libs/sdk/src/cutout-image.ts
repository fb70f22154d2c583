import { writeFileHere } from './host-runtime.js';

/** A result: a `Blob` that can also be had as bytes, and written to a file in Node. */
export class CutoutImage extends Blob {
  /** @param image whose bytes and type this is; they are not copied */
  constructor(image: Blob) {
    super([image], { type: image.type });
  }

  /** All bytes. A copy that the caller may overwrite. */
  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  /**
   * Writes the image to a file, in Node. A file of that name is replaced; its folder must be there.
   * @throws what writing throws, such as an error with the code ENOENT
   */
  async saveTo(path: string | URL): Promise<void> {
    await writeFileHere(path, piecesOf(this));
  }
}

/** Not `stream()` itself: Safari cannot iterate over streams, and this runs where pages are checked. */
async function* piecesOf(image: Blob): AsyncGenerator<Uint8Array, void, undefined> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = image.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
