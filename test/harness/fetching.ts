import { randomBytes } from 'node:crypto';
import { Problem } from '#contracts/problem-catalog.js';
import { ImageFetcher, type FetchWorld } from '#fetcher/image-fetcher.js';
import { headOf, Origin, type Answering } from './origin.js';

/** What the origins of these tests hold; no image, for a fetcher does not look. */
export const IMAGE = randomBytes(300_000);
/** The name that origins go by. */
export const NAME = 'photos.example.com';
/** The head of an answer with `IMAGE`. */
export const PLAIN = headOf(200, 'Content-Type: image/jpeg', `Content-Length: ${IMAGE.length}`);

/** The one address that is allowed here beside the public ones. */
export const isLoopback = (address: string): boolean => address === '127.0.0.1';

/** Any name leads to loopback, which may be spoken to; everything else is as in earnest. */
export const INSIDE: FetchWorld = { resolve: async () => ['127.0.0.1'], alsoAllows: isLoopback };

const origins: Origin[] = [];

/** Starts an origin that `stopOrigins` stops. */
export async function startOrigin(...parameters: Parameters<typeof Origin.start>): Promise<Origin> {
  const origin = await Origin.start(...parameters);
  origins.push(origin);
  return origin;
}

/** Stops all of them. */
export async function stopOrigins(): Promise<void> {
  for (const origin of origins.splice(0)) await origin.stop();
}

/** Sends these parts, and closes. */
export const answering =
  (...parts: (string | Buffer)[]): Answering =>
  (socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  };

/** How one image is asked for. */
export interface Wish {
  path?: string;
  url?: string;
  totalMs?: number;
  maxBytes?: number;
  signal?: AbortSignal;
  world?: FetchWorld;
}

/** The pieces of an image as they come. */
export function piecesOf({ port }: { port: number }, wish: Wish = {}): AsyncIterable<Buffer> {
  const { maxBytes = 4 * 1_048_576, signal = new AbortController().signal } = wish;
  const { totalMs = 10_000, world = INSIDE } = wish;
  const url = wish.url ?? `http://${NAME}:${port}${wish.path ?? '/'}`;
  return new ImageFetcher({ totalMs, ports: [port] }, world).fetch(url, { signal, maxBytes });
}

/** `whole` when all bytes of `IMAGE` came; otherwise the code of what went wrong, which says nothing of the address. */
export async function outcomeOf(origin: { port: number }, wish: Wish = {}): Promise<string> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of piecesOf(origin, wish)) pieces.push(piece);
    return Buffer.concat(pieces).equals(IMAGE) ? 'whole' : 'other bytes';
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(JSON.stringify([error.message, error.facts, error.cause])).not.toMatch(/example|127|http/);
    return error.code;
  }
}
