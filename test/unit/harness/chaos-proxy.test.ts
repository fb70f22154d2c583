import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChaosProxy } from '../../harness/chaos-proxy.js';
import { eventually, pause } from '../../harness/eventually.js';

const folder = mkdtempSync(join(tmpdir(), 'removebg-network-'));
let echo: Server;
let network: ChaosProxy;

beforeAll(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(join(folder, 'echo.sock'), resolve));
  network = new ChaosProxy(join(folder, 'network.sock'), join(folder, 'echo.sock'));
  await network.start();
});
afterEach(() => (network.weather = {}));
afterAll(async () => {
  await network.stop();
  echo.close();
  rmSync(folder, { recursive: true });
});

/** A connection through the network, and all that came back on it. */
async function dial(): Promise<{ socket: Socket; received: () => Buffer }> {
  const socket = connect(network.path).on('error', () => undefined);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  await once(socket, 'connect');
  return { socket, received: () => Buffer.concat(pieces) };
}

test('given fair weather, when megabytes are sent, then they come through whole and in order', async () => {
  const { socket, received } = await dial();
  const sent = randomBytes(3_000_000);
  socket.write(sent);
  await eventually(() => received().length === sent.length);
  expect(received().equals(sent)).toBe(true);
  socket.destroy();
});

test('given a slow network, when something is asked, then the answer takes both ways', async () => {
  network.weather = { latencyMs: 60 };
  const { socket, received } = await dial();
  const began = performance.now();
  socket.write('ping');
  await eventually(() => received().toString() === 'ping');
  expect(performance.now() - began).toBeGreaterThanOrEqual(115);
  socket.destroy();
});

test('given a network that holds everything, when it lets go, then nothing is lost', async () => {
  network.weather = { held: true };
  const { socket, received } = await dial();
  socket.write('held');
  await pause(150);
  expect(received()).toHaveLength(0);
  network.weather = {};
  await eventually(() => received().toString() === 'held');
  socket.destroy();
});

test('given a connection that was forgotten, when it is used, then nothing comes and nobody is told, and a new one works', async () => {
  const old = await dial();
  network.forget();
  old.socket.write('lost');
  const fresh = await dial();
  fresh.socket.write('found');
  await eventually(() => fresh.received().toString() === 'found');
  expect([old.received().length, old.socket.destroyed]).toEqual([0, false]);
  old.socket.destroy();
  fresh.socket.destroy();
});

test('given connections, when they are cut within an answer, then half of it comes before the end', async () => {
  const { socket, received } = await dial();
  network.cutWithinAnswer();
  socket.write('12345678');
  await once(socket, 'close');
  expect(received().toString()).toBe('1234');
  await eventually(() => network.size === 0);
});
