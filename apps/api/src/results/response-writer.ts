import type { ServerResponse } from 'node:http';
import { ClientDisconnectedError } from './result-delivery.service.js';

/** A client that takes nothing for this long is cut. */
const STALL_MS = 30_000;

/**
 * Writes to a raw response and resolves when the kernel has the bytes, so that they may be wiped.
 * @throws ClientDisconnectedError when the connection broke or stalled
 */
export function writeAndFlush(response: ServerResponse, bytes: Buffer): Promise<void> {
  return settled(response, (done) => {
    if (response.destroyed || response.writableEnded) done(new ClientDisconnectedError());
    else response.write(bytes, done);
  });
}

/** Ends a raw response and resolves when the kernel has its last byte. @throws ClientDisconnectedError */
export function endAndFlush(response: ServerResponse): Promise<void> {
  return settled(response, (done) => {
    if (response.destroyed) done(new ClientDisconnectedError());
    else response.end(() => done());
  });
}

function settled(
  response: ServerResponse,
  act: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => finish(new ClientDisconnectedError());
    const timer = setTimeout(() => response.destroy(), STALL_MS);
    const finish = (error?: Error | null): void => {
      clearTimeout(timer);
      response.off('close', onClose);
      if (error) reject(new ClientDisconnectedError());
      else resolve();
    };
    response.once('close', onClose);
    act(finish);
  });
}
