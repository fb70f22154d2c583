import type { ResultFacts } from '#contracts/job-view.js';
import { writeFile } from './host-runtime.js';

/** A result image: a `Blob` with `bytes()` and, in Node, `saveTo(path)`. */
export class CutoutImage extends Blob {
  /** @param image bytes and type; the bytes are not copied */
  constructor(image: Blob) {
    super([image], { type: image.type });
  }

  /** A copy of all bytes. */
  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  /**
   * Writes the image to a file (Node only). Replaces an existing file; the folder must exist.
   * @throws Error in a browser | the file system's error, such as one with the code ENOENT
   */
  async saveTo(path: string | URL): Promise<void> {
    await writeFile(path, chunksOf(this));
  }
}

/** Reads the blob as a stream by its reader: Safari does not support async iteration of streams. */
async function* chunksOf(image: Blob): AsyncGenerator<Uint8Array, void, undefined> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = image.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * Facts about a cutout, from the headers of its response. Lengths in pixels, `bytes` in bytes. `confidence` is absent when
 * the service does not measure it.
 */
export type CutoutFacts = Pick<
  ResultFacts,
  'bytes' | 'width' | 'height' | 'format' | 'foreground' | 'confidence' | 'hints'
>;

const FORMAT_OF_TYPE: Readonly<Record<string, ResultFacts['format']>> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
  'image/avif': 'avif',
  'application/zip': 'zip',
};

/** Reads the facts of a result. Numbers in headers that are missing or hidden from this origin are 0. */
export function factsOf(headers: Headers, image: Blob): CutoutFacts {
  const number = (name: string): number => Number(headers.get(name) ?? 0);
  const type = (headers.get('content-type') ?? image.type).split(';')[0] ?? '';
  const confidence = headers.get('x-confidence');
  return {
    bytes: image.size,
    width: number('x-width'),
    height: number('x-height'),
    format: FORMAT_OF_TYPE[type] ?? 'png',
    foreground: {
      left: number('x-foreground-left'),
      top: number('x-foreground-top'),
      width: number('x-foreground-width'),
      height: number('x-foreground-height'),
    },
    ...(confidence !== null && { confidence: Number(confidence) }),
    hints: hintsOf(headers.get('x-hints') ?? ''),
  };
}

/** Parses a list of hints. Names that this release does not know are kept: a newer service may send them. */
const hintsOf = (list: string): ResultFacts['hints'] =>
  list.split(/[\s,]+/).filter((name) => name !== '') as ResultFacts['hints'];
