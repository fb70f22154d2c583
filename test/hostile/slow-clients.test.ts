import { eventually, pause } from '../harness/eventually.js';
import { RawConnection } from '../harness/raw-connection.js';
import { startBareServer, type BareServer } from './bare-server.js';

/** Of a bound of ten seconds, looked at every two, on a busy machine. */
const CUT_MS = 20_000;
const DRIP_MS = 500;

let server: BareServer;

jest.setTimeout(60_000);
beforeAll(async () => {
  server = await startBareServer();
});
afterAll(() => server.stop());

const POST = 'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n';

/** Sends a piece again and again until the connection is closed. Returns how long that took. */
async function drip(start: string, piece: string): Promise<{ connection: RawConnection; tookMs: number }> {
  const connection = new RawConnection(server.url);
  const begin = Date.now();
  await connection.send(start);
  while (!connection.closed && Date.now() - begin < CUT_MS) {
    await connection.send(piece);
    await pause(DRIP_MS);
  }
  const tookMs = Date.now() - begin;
  connection.break();
  return { connection, tookMs };
}

test('given clients that send nothing, or send a head, a body or chunks slowly, when ten seconds have passed, then each is disconnected, and others are served', async () => {
  const slow = Promise.all([
    drip('', ''),
    drip('GET /healthz HT', ''),
    drip('GET /healthz HTTP/1.1\r\nHost: localhost\r\n', 'A: b\r\n'),
    drip(`${POST}Content-Length: 1000000\r\n\r\n`, 'a'),
    drip(`${POST}Content-Length: 1000000\r\n\r\n`, ''),
    drip(`${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\na\r\n'),
    drip(`${POST}Transfer-Encoding: chunked\r\n\r\n1;`, 'a'),
    drip(`${POST}Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n`, ''),
  ]);
  for (let i = 0; i < 5; i += 1) {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await pause(1000);
  }
  for (const { connection, tookMs } of await slow) {
    expect(connection.closed).toBe(true);
    expect(tookMs).toBeLessThan(CUT_MS);
    const status = /^HTTP\/1\.1 (\d+)/.exec(
      connection.text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''),
    )?.[1];
    if (status !== undefined) expect(status).toBe('408');
  }
});

test('given a client that sends slowly but steadily, when its body is complete, then it is accepted', async () => {
  const connection = new RawConnection(server.url);
  const piece = Buffer.alloc(3000, 1);
  const pieces = 24;
  await connection.send(`${POST}Content-Length: ${piece.length * pieces}\r\n\r\n`);
  for (let i = 0; i < pieces; i += 1) {
    await connection.send(piece);
    await pause(DRIP_MS);
  }
  const [answer] = await connection.answers();
  expect([answer?.status, answer?.body]).toEqual([200, JSON.stringify({ bytes: 72_000 })]);
  connection.break();
});

test('given an idle connection after a response, when some seconds have passed, then it is closed', async () => {
  const connection = new RawConnection(server.url);
  await connection.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect((await connection.answers())[0]?.status).toBe(200);
  expect(await connection.closes(15_000)).toBe(true);
  connection.break();
});

test('given more connections than the limit, when they are opened, then the rest is closed at once, and closed connections make room', async () => {
  const few = await startBareServer({ MAX_CONNECTIONS: '5' });
  const open = Array.from({ length: 12 }, () => new RawConnection(few.url));
  await eventually(() => open.filter(({ closed }) => closed).length === 7);
  for (const connection of open) connection.break();
  await eventually(async () => (await fetch(`${few.url}/healthz`).catch(() => undefined))?.status === 200);
  await few.stop();
});
