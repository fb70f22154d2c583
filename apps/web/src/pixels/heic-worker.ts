/**
 * Converts a HEIC photo to JPEG in a worker: with the browser's own decoder if it has one (Safari), otherwise with libheif,
 * which is loaded only then. The response headers of this worker allow WebAssembly; those of the page do not.
 */
import { decodeHeic, HeicTooLarge, type LibHeif } from '#sdk/heic-image.js';
import { heicCanvas, type HeicCanvas } from '#sdk/heic-canvas.js';
import { withProfile } from '#sdk/jpeg-profile.js';
import type { HeicAnswer, HeicRequest } from './heic-messages.js';

/** The members of the worker's scope that are used here; the compiler only has the types of a page. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<HeicRequest>) => void) | null;
  postMessage: (answer: HeicAnswer) => void;
  importScripts: (address: string) => void;
  /** Defined by the script of libheif. */
  libheif?: (settings: { wasmBinary: ArrayBuffer }) => LibHeif;
}

const scope = globalThis as unknown as WorkerScope;
const LIBRARY = '/libheif/libheif.js';
const BINARY = '/libheif/libheif.wasm';

/** JPEG qualities, best first. Lower ones are for files over the size limit. */
const QUALITIES = [0.95, 0.9, 0.8] as const;

let library: Promise<LibHeif> | undefined;

async function loadLibrary(): Promise<LibHeif> {
  const response = await fetch(BINARY);
  if (!response.ok) throw new Error('libheif cannot be loaded');
  scope.importScripts(LIBRARY);
  if (scope.libheif === undefined) throw new Error('libheif cannot be loaded');
  return scope.libheif({ wasmBinary: await response.arrayBuffer() });
}

/** A decoded photo on a canvas, and its ICC profile if the canvas does not apply it. */
interface DecodedPhoto {
  canvas: HeicCanvas;
  profile: Uint8Array | undefined;
}

async function decode(photo: Blob, maxPixels: number): Promise<DecodedPhoto> {
  const native = await heicCanvas(photo);
  if (native !== undefined) {
    if (native.width * native.height > maxPixels) throw new HeicTooLarge(native.width, native.height);
    return { canvas: native, profile: undefined };
  }
  const libheif = await (library ??= loadLibrary());
  const { data, width, height, profile } = await decodeHeic(
    libheif,
    new Uint8Array(await photo.arrayBuffer()),
    maxPixels,
  );
  const canvas = new OffscreenCanvas(width, height);
  canvas
    .getContext('2d')
    ?.putImageData(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  return { canvas, profile };
}

async function convert({ photo, maxPixels, maxBytes }: HeicRequest): Promise<Blob> {
  const { canvas, profile } = await decode(photo, maxPixels);
  for (const quality of QUALITIES) {
    const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality });
    if (jpeg.size > maxBytes && quality !== QUALITIES.at(-1)) continue;
    if (profile === undefined) return jpeg;
    const tagged = withProfile(new Uint8Array(await jpeg.arrayBuffer()), profile);
    return new Blob([tagged], { type: 'image/jpeg' });
  }
  throw new Error('no JPEG quality left');
}

async function answerTo(request: HeicRequest): Promise<HeicAnswer> {
  try {
    return { jpeg: await convert(request) };
  } catch (error) {
    if (!(error instanceof HeicTooLarge)) return { fault: 'unreadable' };
    const { width, height } = error;
    return { fault: 'too-large', width, height };
  }
}

scope.onmessage = ({ data }) => void answerTo(data).then((answer) => scope.postMessage(answer));
