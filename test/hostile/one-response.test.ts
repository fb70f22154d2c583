import { RawConnection } from '../harness/raw-connection.js';
import { startBareServer, type BareServer } from './bare-server.js';

const GARBAGE = '\0\r\n\r\nno request';
const GET = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
const POST = 'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n';
const CLOSES_MS = 3000;

let server: BareServer;
beforeAll(async () => void (server = await startBareServer()));
afterAll(() => server.stop());

/** Sends all at once; returns the statuses of what came back before the server closed, and how many heads there were. */
async function respond(bytes: string): Promise<{ statuses: number[]; heads: number; closed: boolean }> {
  const connection = new RawConnection(server.url);
  await connection.send(bytes);
  const closed = await connection.closes(CLOSES_MS);
  const statuses = (await connection.answers(2, 0)).map(({ status }) => status);
  const heads = connection.text.split('HTTP/1.1 ').length - 1;
  connection.break();
  return { statuses, heads, closed };
}

test.each([
  ['two hosts', `${GET}Host: localhost\r\n\r\n`, 400],
  ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  ['a host that is not ours', 'GET /healthz HTTP/1.1\r\nHost: rebound.example\r\n\r\n', 421],
  ['too many headers', `${GET}${'A: b\r\n'.repeat(120)}\r\n`, 431],
  ['an expectation', `${GET}Expect: wonders\r\n\r\n`, 417],
  ['an upgrade without a host', 'GET /healthz HTTP/1.1\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', 400],
  ['CONNECT', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
  ['a malformed head', 'GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n', 400],
  ['a body with a broken chunk', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['a transfer coding', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n`, 400],
])(
  'given %s, when more bytes follow the rejected head, then there is one response',
  async (_, head, status) => {
    for (const trailing of [GARBAGE, `${GET}\r\n`, `${GET}\r\n${GARBAGE}`, 'x'.repeat(40_000)]) {
      expect(await respond(head + trailing)).toEqual({ statuses: [status], heads: 1, closed: true });
    }
  },
);

test('given an upload that is rejected for its size, when its body is malformed, then there is one response', async () => {
  const head = `${POST}Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n`;
  expect(await respond(`${head}zz\r\n`)).toEqual({ statuses: [415], heads: 1, closed: true });
});

test('given a valid request, when bytes that are not a request follow, then each has its response, in order', async () => {
  for (const count of [1, 5]) {
    const good = `${GET}\r\n`.repeat(count);
    const statuses = [...new Array<number>(count).fill(200), 400];
    expect(await respond(good + GARBAGE)).toEqual({ statuses, heads: count + 1, closed: true });
    const connect = 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n';
    expect(await respond(good + connect)).toEqual({
      statuses: [...statuses.slice(0, -1), 405],
      heads: count + 1,
      closed: true,
    });
  }
});
