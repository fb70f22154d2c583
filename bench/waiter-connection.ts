import { connect } from 'node:net';
import type { JobKey } from '../test/harness/api-client.js';

/** How a client waits: on the event stream, or for the answer of a long-poll. */
export type WaitKind = 'sse' | 'poll';

/** How a wait ended: what it heard, and when. */
export interface Heard {
  what: 'done' | 'refused' | 'broken';
  at: number;
}

/** One client that waits on a connection of its own. */
export interface Waiter {
  /** Resolves once the request has been sent, or, of a stream, its head has come. */
  opened: Promise<void>;
  heard: Promise<Heard>;
}

const DONE: Record<WaitKind, string> = { sse: 'event: done\n', poll: 'HTTP/1.1 200' };
/** Longest text that is looked for; it may come in two pieces. */
const KEPT_CHARACTERS = 20;

/**
 * Waits for one job on a bare socket: ten thousand clients in one process must not be what is measured.
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
  const heard = new Promise<Heard>((resolve) => {
    const end = (what: Heard['what']): void => {
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
  return { opened, heard };
}
