import { networkInterfaces } from 'node:os';
import {
  answering,
  IMAGE,
  INSIDE,
  isLoopback,
  NAME,
  outcomeOf,
  PLAIN,
  startOrigin,
  stopOrigins,
} from '../../harness/fetching.js';
import { headOf, Origin, type Answering } from '../../harness/origin.js';

afterEach(stopOrigins);

describe('where an image is fetched from', () => {
  it('given hosts of the INSIDE, when they are asked for, then they are refused before anyone is spoken to', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    for (const host of ['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost']) {
      expect(await outcomeOf(origin, { url: `http://${host}:${origin.port}/`, world: {} })).toBe(
        'image-url-refused',
      );
    }
    expect(origin.connections).toBe(0);
  });

  it.each([
    [['127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['8.8.8.8', '2606:4700:4700::1111', 'fe80::1']],
    [['::ffff:127.0.0.1']],
    [['64:ff9b::7f00:1']],
    [['169.254.169.254']],
    [['not an address']],
    [[]],
  ])('given a name with the addresses %j, when it is resolved, then it is refused', async (found) => {
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    const world = { resolve: async () => found };
    expect(await outcomeOf(origin, { world })).toBe('image-url-refused');
    expect(origin.connections).toBe(0);
  });

  it('given a name whose addresses change, when it was judged, then it is not asked for a second time', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    const trap = await startOrigin(answering(PLAIN, IMAGE), undefined, '127.0.0.2');
    let asked = 0;
    const resolve = async (): Promise<string[]> => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']);
    expect(await outcomeOf(origin, { world: { resolve, alsoAllows: isLoopback } })).toBe('whole');
    expect([asked, trap.connections]).toEqual([1, 0]);
    // The next image begins anew, with an address that is not allowed any more.
    expect(await outcomeOf(origin, { world: { resolve, alsoAllows: isLoopback } })).toBe('image-url-refused');
    expect(trap.connections).toBe(0);
  });

  it('given a connection that reached another than was judged, when it stands, then nothing is sent over it', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    let judged = 0;
    const alsoAllows = (): boolean => judged++ === 0;
    expect(await outcomeOf(origin, { world: { ...INSIDE, alsoAllows } })).toBe('image-url-refused');
    expect([judged, origin.heads.length]).toEqual([2, 0]);
  });

  it('given the first of several addresses does not answer, when another does, then the image is had', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    const resolve = async (): Promise<string[]> => ['127.0.0.3', '127.0.0.1'];
    expect(
      await outcomeOf(origin, { world: { resolve, alsoAllows: (text) => text.startsWith('127.') } }),
    ).toBe('whole');
  });

  it('given nobody listens, when an image is asked for, then it could not be fetched', async () => {
    const origin = await Origin.start(answering());
    const { port } = origin;
    await origin.stop();
    expect(await outcomeOf({ port })).toBe('image-url-failed');
  });

  it('given addresses of this machine itself, when they are asked for, then they are refused', async () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address } of own.filter(({ scopeid }) => !scopeid)) {
      const world = { resolve: async () => [address] };
      expect(await outcomeOf({ port: 80 }, { world })).toBe('image-url-refused');
    }
  });

  it('given a proxy in the environment, when an image is asked for, then nobody asks the proxy', async () => {
    const proxy = await startOrigin(answering(PLAIN, IMAGE));
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
    expect(await outcomeOf(origin)).toBe('whole');
    for (const name of names) Reflect.deleteProperty(process.env, name);
    expect(proxy.connections).toBe(0);
  });
});

describe('a redirect', () => {
  const redirecting =
    (to: (path: string) => string | undefined, status = 302): Answering =>
    (socket, path) => {
      const location = to(path);
      if (location === undefined) void answering(PLAIN, IMAGE)(socket, path, '');
      else socket.end(headOf(status, `Location: ${location}`, 'Content-Length: 0'));
    };

  it.each([301, 302, 303, 307, 308])(
    'given status %i, when it leads to an image, then that is had',
    async (status) => {
      const origin = await startOrigin(redirecting((path) => (path === '/' ? '/next?x' : undefined), status));
      expect(await outcomeOf(origin)).toBe('whole');
      expect(origin.connections).toBe(2);
    },
  );

  it('given a chain, when it has three links it is followed, and when it has four, or none ends it, it is not', async () => {
    const origin = await startOrigin(
      redirecting((path) => (path === '/0' ? undefined : `/${Number(path.slice(1)) - 1}`)),
    );
    expect(await outcomeOf(origin, { path: '/3' })).toBe('whole');
    expect(await outcomeOf(origin, { path: '/4' })).toBe('image-url-failed');
    const loop = await startOrigin(redirecting((path) => path));
    expect(await outcomeOf(loop)).toBe('image-url-failed');
    expect(loop.connections).toBe(4);
  });

  it.each([
    ['http://127.0.0.2:PORT/', 'image-url-refused'],
    ['http://[::1]:PORT/', 'image-url-refused'],
    ['http://0x7f.2:PORT/', 'image-url-refused'],
    ['//localhost:PORT/', 'image-url-refused'],
    ['http://169.254.169.254/latest/', 'image-url-refused'],
    ['http://photos.example.com:22/', 'image-url-refused'],
    ['http://inside.example.com:PORT/', 'image-url-refused'],
    ['file:///etc/passwd', 'image-url-invalid'],
    ['http://user:pw@photos.example.com:PORT/', 'image-url-invalid'],
    ['gopher://photos.example.com:PORT/', 'image-url-invalid'],
  ])('given it leads to %s, when it is judged, then the answer is %s', async (location, code) => {
    const origin = await startOrigin(
      redirecting((path) => (path === '/' ? location.replace('PORT', String(origin.port)) : undefined)),
    );
    const resolve = async (name: string): Promise<string[]> => [name === NAME ? '127.0.0.1' : '127.0.0.2'];
    expect(await outcomeOf(origin, { world: { resolve, alsoAllows: isLoopback } })).toBe(code);
    expect(origin.connections).toBe(1);
  });

  it('given a redirect without an address, or 300 and 304, when they come, then there is no image', async () => {
    for (const head of [headOf(302), headOf(300, 'Location: /'), headOf(304, 'Location: /')]) {
      expect(await outcomeOf(await startOrigin(answering(head)))).toBe('image-url-failed');
    }
  });
});
