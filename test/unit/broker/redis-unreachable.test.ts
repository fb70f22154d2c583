import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect, UnreachableError, whenReady } from '#broker/redis/redis-connection.js';

const LIMIT_MS = 700;

async function refusalOf(url: string): Promise<string> {
  const redis = connect(url, 'control');
  try {
    await whenReady(redis, LIMIT_MS);
    return 'ready';
  } catch (error) {
    return error instanceof UnreachableError ? error.message : String(error);
  } finally {
    redis.disconnect();
  }
}

test('an unreachable Redis is reported with address and cause, without the password', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '::1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const refused = createServer().listen(0, '127.0.0.1');
  await once(refused, 'listening');
  const { port: closed } = refused.address() as AddressInfo;
  refused.close();
  await once(refused, 'close');

  const messages = await Promise.all([
    refusalOf(`redis://api:zebra7391@127.0.0.1:${closed}`),
    refusalOf(`redis://api:zebra7391@[::1]:${port}`),
    refusalOf('unix:///nowhere/redis.sock?user=api&password=zebra7391'),
  ]);
  expect(messages).toEqual([
    `Redis at 127.0.0.1:${closed} cannot be reached: connection refused.`,
    `Redis at [::1]:${port} cannot be reached: no answer in time.`,
    'Redis at /nowhere/redis.sock cannot be reached: the socket does not exist.',
  ]);
  silent.close();
});
