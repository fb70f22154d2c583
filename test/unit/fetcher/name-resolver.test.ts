import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { nameResolver } from '#fetcher/name-resolver.js';

const [NO_ERROR, SERVFAIL, NXDOMAIN] = [0, 2, 3];
const [A, AAAA] = [1, 28];

interface Reply {
  code?: number;
  records?: Buffer[];
}

/** A name server (RFC 1035 §4.1) that answers by name and type; a name it does not know gets no answer. */
async function startServer(zone: Record<string, (type: number) => Reply>): Promise<Socket> {
  const server = createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1)
      labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    const type = query.readUInt16BE(at + 1);
    const reply = zone[labels.join('.')]?.(type);
    if (reply === undefined) return;
    const { code = NO_ERROR, records = [] } = reply;
    const head = Buffer.from(query.subarray(0, at + 5));
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    const answers = records.map((data) => {
      const record = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
      return Buffer.concat([record, data]);
    });
    server.send(Buffer.concat([head, ...answers]), port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const v4 = Buffer.from([8, 8, 8, 8]);
const inside = Buffer.from([10, 0, 0, 1]);
const v6 = Buffer.from('26064700470000000000000000001111', 'hex');

describe('the addresses of a name', () => {
  let server: Socket;
  const lookUp = (name: string, timeoutMs = 10_000): Promise<unknown> =>
    nameResolver([`127.0.0.1:${server.address().port}`])(name, AbortSignal.timeout(timeoutMs)).catch(
      (error: unknown) => (error as { code: string }).code,
    );

  beforeAll(async () => {
    server = await startServer({
      'both.example.com': (type) => ({ records: type === A ? [v4, inside] : [v6] }),
      'one.example.com': (type) => ({ records: type === AAAA ? [v6] : [] }),
      'half.example.com': (type) => (type === A ? { records: [v4] } : { code: SERVFAIL }),
      'none.example.com': () => ({ code: NXDOMAIN }),
      'empty.example.com': () => ({}),
      'broken.example.com': () => ({ code: SERVFAIL }),
    });
  });
  afterAll(() => server.close());

  it.each([
    ['both.example.com', ['8.8.8.8', '10.0.0.1', '2606:4700:4700::1111']],
    ['one.example.com', ['2606:4700:4700::1111']],
    ['half.example.com', ['8.8.8.8']],
    ['none.example.com', []],
    ['empty.example.com', []],
    ['broken.example.com', 'image-url-failed'],
  ])('given %s, when it is resolved, then it has %j', async (name, found) => {
    expect(await lookUp(name)).toEqual(found);
  });

  it('given a name server that is silent, when the time is over, then it is not waited for', async () => {
    const before = Date.now();
    expect(await lookUp('silent.example.com', 300)).toBe('image-url-failed');
    expect(Date.now() - before).toBeLessThan(1500);
  });

  it('given a name in /etc/hosts, when it is resolved, then that file is not asked', async () => {
    expect(await lookUp('localhost', 300)).not.toContain('127.0.0.1');
  });
});
