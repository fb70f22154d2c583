import { toAcceptedFormat } from './heic-jpeg.js';
import { RemoveBgError } from './removebg-error.js';

/**
 * An image: a `Blob` or `File`; bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`); or a web or Node stream of bytes. A stream is
 * read completely before anything is sent, so that the request can be repeated.
 */
export type ImageInput =
  Blob | ArrayBufferLike | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

const ACCEPTED =
  'a Blob or File, a Buffer, Uint8Array or ArrayBuffer, or a stream of bytes (for a file: `await openAsBlob(path)` from node:fs)';

const refusal = (title: string): RemoveBgError =>
  new RemoveBgError('invalid-argument', { title, parameter: 'image', accepted: [ACCEPTED] });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** True for native blobs and for those of polyfills and other realms. */
const isBlob = (value: object): value is Blob =>
  value instanceof Blob || (typeof (value as Partial<Blob>).arrayBuffer === 'function' && 'size' in value);

/** True for array buffers of any realm. */
const isBuffer = (value: object): value is ArrayBufferLike =>
  /^\[object (?:Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));

/**
 * Reads an image into a blob, which can be sent repeatedly. Converts HEIC to JPEG where a decoder is available.
 * @throws RemoveBgError `invalid-argument` | `image-unreadable` | the stream's error
 */
export const blobOf = async (image: ImageInput): Promise<Blob> => toAcceptedFormat(await toBlob(image));

async function toBlob(image: ImageInput): Promise<Blob> {
  const given: unknown = image;
  if (!isObject(given)) throw refusal(`The image is ${given === null ? 'null' : `a ${typeof given}`}`);
  if (isBlob(given)) return given;
  // A copy, because the caller may overwrite its buffer.
  if (ArrayBuffer.isView(given)) {
    return new Blob([new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice()]);
  }
  if (isBuffer(given)) return new Blob([new Uint8Array(given).slice()]);
  if ('getReader' in given)
    return new Blob(await collectChunks(chunksOf(given as ReadableStream<Uint8Array>)));
  if (Symbol.asyncIterator in given) return new Blob(await collectChunks(given as AsyncIterable<unknown>));
  throw refusal('The image is an object without bytes');
}

async function collectChunks(source: AsyncIterable<unknown>): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) throw refusal('The image stream has chunks that are not bytes');
    chunks.push(new Uint8Array(chunk));
  }
  return chunks;
}

/** Reads by the stream's reader: Safari does not support async iteration of streams. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
