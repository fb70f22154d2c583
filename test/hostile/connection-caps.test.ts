import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { limitConnections } from '../../apps/api/src/http/connection-limits.js';
import { eventually } from '../harness/eventually.js';

/** An address of this machine that is not its own to itself: connections from there count. */
const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')?.address;
const MAX_PER_ADDRESS = 4;
const ANSWER_MS = 2000;

let server: Server;
const sockets: Socket[] = [];

async function listen(proxies: string[] = []): Promise<void> {
  server = createServer((_request, response) => response.end('served'));
  limitConnections(server, { max: 100, maxPerNetwork: MAX_PER_ADDRESS, proxies });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** Opens connections from an address of this machine. */
function open(count: number, from: string): Socket[] {
  const { port } = server.address() as AddressInfo;
  const opened = Array.from({ length: count }, () =>
    connect({ port, host: from, localAddress: from })
      .on('error', () => undefined)
      .on('data', () => undefined),
  );
  sockets.push(...opened);
  return opened;
}

const closed = (opened: readonly Socket[]): number => opened.filter(({ destroyed }) => destroyed).length;

async function served(socket: Socket): Promise<boolean> {
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(ANSWER_MS) });
  return answer.then(
    ([data]) => String(data).includes('served'),
    () => false,
  );
}

test('given connections from one address, when there are more than the limit, then the rest is closed, other addresses are served, and closed connections make room', async () => {
  await listen();
  expect(own).toBeDefined();
  const many = open(MAX_PER_ADDRESS + 3, own ?? '');
  await eventually(() => closed(many) === 3);
  const [first] = many.filter(({ destroyed }) => !destroyed);
  expect(await served(first!)).toBe(true);
  // Somebody else, meanwhile; this machine itself is bounded by the whole alone.
  const others = open(MAX_PER_ADDRESS + 3, '127.0.0.1');
  for (const other of others) expect(await served(other)).toBe(true);
  first!.destroy();
  await eventually(async () => {
    const [again] = open(1, own ?? '');
    return served(again!);
  });
});

test.each([own ?? '', `${own ?? ''}/24`])(
  'given a proxy that is trusted as %s, when it opens connections for many clients, then it has no limit of its own',
  async (proxy) => {
    await listen([proxy]);
    for (const socket of open(MAX_PER_ADDRESS + 3, own ?? '')) expect(await served(socket)).toBe(true);
  },
);
