import { sendable } from './heic-jpeg.js';
import { RemoveBgError } from './removebg-error.js';

/**
 * An image as programs have it: a `Blob` or `File`; bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`); or a stream of bytes,
 * of the web or of Node. A stream is read to its end before anything is sent, so that a request can be repeated.
 */
export type ImageInput =
  Blob | ArrayBufferLike | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

const ACCEPTED =
  'a Blob or File, a Buffer, Uint8Array or ArrayBuffer, or a stream of bytes (for a file: `await openAsBlob(path)` from node:fs)';

const refusal = (title: string): RemoveBgError =>
  new RemoveBgError('invalid-argument', { title, parameter: 'image', accepted: [ACCEPTED] });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** True for blobs of this realm and of others, such as a polyfill's. */
const isBlob = (value: object): value is Blob =>
  value instanceof Blob || (typeof (value as Partial<Blob>).arrayBuffer === 'function' && 'size' in value);

/** True for buffers of this realm and of others. */
const isBuffer = (value: object): value is ArrayBufferLike =>
  /^\[object (?:Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));

/**
 * The image as a blob, which can be sent as often as it takes; of a HEIC photo a JPEG, where this platform can make one.
 * @throws RemoveBgError `invalid-argument` | `image-unreadable` | what reading throws
 */
export const blobOf = async (image: ImageInput): Promise<Blob> => sendable(await bytesOf(image));

async function bytesOf(image: ImageInput): Promise<Blob> {
  const given: unknown = image;
  if (!isObject(given)) throw refusal(`The image is ${given === null ? 'null' : `a ${typeof given}`}`);
  if (isBlob(given)) return given;
  // Copied, because the caller may go on to use its buffer.
  if (ArrayBuffer.isView(given)) {
    return new Blob([new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice()]);
  }
  if (isBuffer(given)) return new Blob([new Uint8Array(given).slice()]);
  if ('getReader' in given)
    return new Blob(await piecesOf(readerPieces(given as ReadableStream<Uint8Array>)));
  if (Symbol.asyncIterator in given) return new Blob(await piecesOf(given as AsyncIterable<unknown>));
  throw refusal('The image is an object that has no bytes');
}

async function piecesOf(source: AsyncIterable<unknown>): Promise<Uint8Array<ArrayBuffer>[]> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of source) {
    if (!(piece instanceof Uint8Array)) throw refusal('The stream of the image has pieces that are no bytes');
    pieces.push(new Uint8Array(piece));
  }
  return pieces;
}

/** Not `for await (… of stream)`: Safari has no async iteration of streams. */
async function* readerPieces(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
