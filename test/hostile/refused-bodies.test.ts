import { connect } from 'node:net';
import { once } from 'node:events';
import { RawConnection, parseAnswers } from '../harness/raw-connection.js';
import { startBareServer, type BareServer } from './bare-server.js';

const BODY = Buffer.alloc(8_000_000, 1);
const CLOSES_MS = 10_000;
const TYPE = 'Content-Type: image/jpeg';

let server: BareServer;

jest.setTimeout(60_000);
beforeAll(async () => void (server = await startBareServer()));
afterAll(() => server.stop());

const head = (path: string, ...lines: string[]): string =>
  `POST ${path} HTTP/1.1\r\n${['Host: localhost', TYPE, ...lines].join('\r\n')}\r\n\r\n`;

function chunked(size: number, bytes = BODY.length): Buffer {
  const chunk = Buffer.concat([
    Buffer.from(`${size.toString(16)}\r\n`),
    Buffer.alloc(size, 1),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...new Array<Buffer>(Math.ceil(bytes / size)).fill(chunk), Buffer.from('0\r\n\r\n')]);
}

/** Sends a head and a whole body, and only then reads: what breaks the connection before loses the answer. */
async function sendThenRead(start: string, body: Buffer): Promise<{ status: number; connection: string }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) }).pause();
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(Buffer.concat([Buffer.from(start), body]), (error) => (error ? reject(error) : resolve()));
  });
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1'))).resume();
  while (parseAnswers(text).length === 0) await once(socket, 'data');
  socket.destroy();
  const [answer] = parseAnswers(text);
  return { status: answer!.status, connection: answer!.headers.get('connection') ?? '' };
}

const CLOSE = 'Connection: close';
const CASES: [name: string, status: number, path: string, lines: string[]][] = [
  ['an address that there is not', 404, '/nothing', []],
  ['an address that there is not, on its last request', 404, '/nothing', [CLOSE]],
  ['a method that there is not', 405, '/healthz', [CLOSE]],
  ['a content encoding', 415, '/v1/jobs', ['Content-Encoding: gzip']],
  ['a page of another site', 403, '/v1/jobs', ['Sec-Fetch-Site: cross-site', CLOSE]],
  ['two types', 400, '/v1/jobs', [TYPE]],
];

test.each(CASES)(
  'given %s, when the client reads only after sending its whole body, then it receives the response',
  async (_, status, path, lines) => {
    const length = head(path, ...lines, `Content-Length: ${BODY.length}`);
    const chunks = head(path, ...lines, 'Transfer-Encoding: chunked');
    expect((await sendThenRead(length, BODY)).status).toBe(status);
    expect((await sendThenRead(chunks, chunked(65_536))).status).toBe(status);
  },
);

test('given another host name, when the client reads only after sending its whole body, then it receives the response', async () => {
  const start = head('/v1/jobs', `Content-Length: ${BODY.length}`).replace('localhost', 'rebound.example');
  expect(await sendThenRead(start, BODY)).toEqual({ status: 421, connection: 'close' });
});

test('given the last request on a connection, when it is rejected after its whole body, then the connection is closed', async () => {
  const connection = new RawConnection(server.url);
  await connection.send(head('/nothing', CLOSE, 'Content-Length: 5'));
  expect((await connection.answers()).map(({ status }) => status)).toEqual([404]);
  expect(connection.closed).toBe(false);
  await connection.send('12345');
  expect(await connection.closes(CLOSES_MS)).toBe(true);
});

test('given a client that waits for 100 Continue, when its body is too large, then the connection is closed with the response', async () => {
  const connection = new RawConnection(server.url);
  await connection.send(head('/v1/jobs', 'Content-Length: 100000000', 'Expect: 100-continue'));
  const [answer] = await connection.answers();
  expect([answer?.status, answer?.headers.get('connection')]).toEqual([413, 'close']);
  expect(connection.text).not.toContain(' 100 ');
  expect(await connection.closes(2000)).toBe(true);
});

test('given a rejected head, when a request is hidden in the following bytes, then it is not handled', async () => {
  const hidden = 'GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n';
  for (const start of [
    head('/v1/jobs', TYPE, 'Content-Length: 5'),
    head('/v1/jobs', 'Host: b', 'Content-Length: 5'),
  ]) {
    const connection = new RawConnection(server.url);
    await connection.send(`${start}12345${hidden}`);
    expect(await connection.closes(CLOSES_MS)).toBe(true);
    expect(connection.text.split('HTTP/1.1 ').length - 1).toBe(1);
    await server.held(0);
  }
});

test.each(['/v1/jobs', '/nothing'])(
  'given a body in one-byte chunks to %s, when it is rejected, then the response arrives and the connection is closed',
  async (path) => {
    const connection = new RawConnection(server.url);
    void connection.send(head(path, 'Transfer-Encoding: chunked'));
    void connection.send(chunked(1, 600_000));
    const [answer] = await connection.answers();
    if (path === '/v1/jobs') {
      expect(answer?.headers.get('connection')).toBe('close');
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'invalid-request' });
    } else expect(answer?.status).toBe(404);
    expect(await connection.closes(CLOSES_MS)).toBe(true);
  },
);
