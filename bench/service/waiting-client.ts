import { connect } from 'node:net';
import type { JobKey } from '../../test/harness/api-client.js';

/** How a client waits: on an event stream or by long polling. */
export type WaitKind = 'sse' | 'poll';

/** Outcome of a wait, and its time. */
export interface WaitEnd {
  what: 'done' | 'refused' | 'broken';
  at: number;
}

/** One client that waits on its own connection. */
export interface Waiter {
  /** Resolves when the request has been sent, or when the head of a stream has arrived. */
  opened: Promise<void>;
  ended: Promise<WaitEnd>;
}

const DONE: Record<WaitKind, string> = { sse: 'event: done\n', poll: 'HTTP/1.1 200' };
/** Longest text to search for; it may arrive in two chunks. */
const KEPT_CHARACTERS = 20;

/**
 * Waits for one job on a plain socket, so that ten thousand clients in one process do not dominate the measurement.
 * @param port of the API on loopback
 */
export function waitOn(port: number, { id, token }: JobKey, kind: WaitKind): Waiter {
  const path = kind === 'sse' ? 'events' : 'result?wait=600';
  const socket = connect({ port, host: '127.0.0.1' });
  let tail = '';
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      const head = `GET /v1/jobs/${id}/${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
      socket.write(head, () => {
        if (kind === 'poll') resolve();
      });
    });
    socket.once('data', () => resolve());
  });
  const ended = new Promise<WaitEnd>((resolve) => {
    const end = (what: WaitEnd['what']): void => {
      resolve({ what, at: performance.now() });
      socket.destroy();
    };
    socket.on('data', (piece: Buffer) => {
      const text = tail + piece.toString('latin1');
      if (text.includes(DONE[kind])) end('done');
      else if (/^HTTP\/1\.1 [45]/.test(text)) end('refused');
      tail = text.slice(-KEPT_CHARACTERS);
    });
    socket.on('close', () => end('broken')).on('error', () => undefined);
  });
  return { opened, ended };
}
