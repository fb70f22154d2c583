import type { ServerResponse } from 'node:http';
import { ReaderGone } from './result.delivery.js';

/** A client that takes nothing for this long is cut. */
const STALL_MS = 30_000;

/**
 * Writes to a raw response and resolves when the kernel has the bytes, so that they may be wiped.
 * @throws ReaderGone when the connection broke or stalled
 */
export function writeOut(response: ServerResponse, bytes: Buffer): Promise<void> {
  return settled(response, (done) => {
    if (response.destroyed || response.writableEnded) done(new ReaderGone());
    else response.write(bytes, done);
  });
}

/** Ends a raw response and resolves when the kernel has its last byte. @throws ReaderGone */
export function endOut(response: ServerResponse): Promise<void> {
  return settled(response, (done) => {
    if (response.destroyed) done(new ReaderGone());
    else response.end(() => done());
  });
}

function settled(
  response: ServerResponse,
  act: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => finish(new ReaderGone());
    const timer = setTimeout(() => response.destroy(), STALL_MS);
    const finish = (error?: Error | null): void => {
      clearTimeout(timer);
      response.off('close', onClose);
      if (error) reject(new ReaderGone());
      else resolve();
    };
    response.once('close', onClose);
    act(finish);
  });
}
