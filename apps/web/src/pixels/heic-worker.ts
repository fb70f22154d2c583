/**
 * Converts a HEIC photo to JPEG, away from the page's thread: with the browser's own decoder where there is one (Safari),
 * else with libheif. That is loaded only then, and runs in this worker alone: its response allows WebAssembly, the page
 * does not.
 */
import { decodeHeic, HeicTooLarge, type LibHeif } from '#sdk/heic-image.js';
import { heicCanvas, type HeicCanvas } from '#sdk/heic-canvas.js';
import { withProfile } from '#sdk/jpeg-profile.js';
import type { HeicAnswer, HeicRequest } from './heic-messages.js';

/** The part of a worker's own scope that is used here; the compiler knows the page's alone. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<HeicRequest>) => void) | null;
  postMessage: (answer: HeicAnswer) => void;
  importScripts: (address: string) => void;
  /** Set by the script of libheif. */
  libheif?: (settings: { wasmBinary: ArrayBuffer }) => LibHeif;
}

const scope = globalThis as unknown as WorkerScope;
const LIBRARY = '/libheif/libheif.js';
const BINARY = '/libheif/libheif.wasm';

/** Quality of the JPEG, best first: further ones only where a file would exceed the limit. */
const QUALITIES = [0.95, 0.9, 0.8] as const;

let library: Promise<LibHeif> | undefined;

async function loadLibrary(): Promise<LibHeif> {
  const response = await fetch(BINARY);
  if (!response.ok) throw new Error('libheif cannot be loaded');
  scope.importScripts(LIBRARY);
  if (scope.libheif === undefined) throw new Error('libheif cannot be loaded');
  return scope.libheif({ wasmBinary: await response.arrayBuffer() });
}

/** A picture on a canvas, and the profile that its numbers are of, when the canvas does not know it. */
interface Drawn {
  canvas: HeicCanvas;
  profile: Uint8Array | undefined;
}

async function drawn(photo: Blob, maxPixels: number): Promise<Drawn> {
  const shown = await heicCanvas(photo);
  if (shown !== undefined) {
    if (shown.width * shown.height > maxPixels) throw new HeicTooLarge(shown.width, shown.height);
    return { canvas: shown, profile: undefined };
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
  const { canvas, profile } = await drawn(photo, maxPixels);
  for (const quality of QUALITIES) {
    const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality });
    if (jpeg.size > maxBytes && quality !== QUALITIES.at(-1)) continue;
    if (profile === undefined) return jpeg;
    const tagged = withProfile(new Uint8Array(await jpeg.arrayBuffer()), profile);
    return new Blob([tagged], { type: 'image/jpeg' });
  }
  throw new Error('there is no quality');
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
