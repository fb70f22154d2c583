import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { closeIdleConnections } from '../../../apps/api/src/http/connection-limits.js';

const KEEP_ALIVE_MS = 300;
const HEAD = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

let server: Server;

beforeAll(async () => {
  server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (_request, response) => response.end('well'));
  closeIdleConnections(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** A connection on which one request has been answered. */
async function usedConnection() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(HEAD);
  await once(socket, 'data');
  return socket;
}

/** This process, the server in it included, does nothing for a while. */
const standStill = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('given a request on an idle connection, when the server was blocked until its keep-alive timeout, then it is answered', async () => {
  const socket = await usedConnection();
  await new Promise((resolve) => socket.write(HEAD, resolve));
  standStill(10 * KEEP_ALIVE_MS);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('well');
  socket.destroy();
});

test('given an idle connection, when its keep-alive timeout has passed, then it is closed', async () => {
  const socket = await usedConnection();
  await once(socket, 'close');
  expect(socket.destroyed).toBe(true);
});
