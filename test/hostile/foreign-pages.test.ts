import { request } from 'node:http';
import { isKnownHost } from '../../apps/api/src/http/request-validation.js';
import { startBareServer, type BareServer } from './bare-server.js';

const SHOP = 'https://shop.example';

let server: BareServer;
let open: BareServer;
beforeAll(async () => {
  server = await startBareServer({ PUBLIC_URL: 'https://cutouts.example' });
  open = await startBareServer({ CORS_ORIGINS: SHOP, HOST: '0.0.0.0' });
});
afterAll(() => Promise.all([server.stop(), open.stop()]));

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

/** Status, and code of the problem if there is one. */
const ask = (to: BareServer, { method = 'GET', path = '/healthz', headers = {} }: Asked): Promise<string> =>
  new Promise((resolve, reject) => {
    request(`${to.url}${path}`, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (data) => (text += String(data)));
      response.on('end', () => {
        const code = /"code":"([^"]+)"/.exec(text)?.[1];
        resolve(code === undefined ? String(response.statusCode) : `${response.statusCode} ${code}`);
      });
    })
      .on('error', reject)
      .end();
  });

describe('given a service on a loopback address', () => {
  const own = ['localhost', 'LocalHost:80', 'localhost.', '127.0.0.1', '127.9.9.9:3000', '[::1]', '[::1]:1'];
  const others = [
    'rebound.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.evil.example',
    '128.0.0.1',
    '0.0.0.0',
    '[::2]',
    '[::ffff:127.0.0.1]',
    'evil-localhost',
    'shop.example:3000',
  ];

  it.each([...own, 'cutouts.example', 'cutouts.example:444'])(
    'when %s is asked for, then it answers',
    async (Host) => {
      expect(await ask(server, { headers: { Host } })).toBe('200');
    },
  );

  it.each(others)(
    'when %s is requested, then the request is misdirected, whatever the route',
    async (Host) => {
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE'])
        expect(await ask(server, { method, headers: { Host }, path: '/v1/jobs' })).toMatch(/^421/);
      expect(await ask(server, { headers: { Host } })).toBe('421 misdirected-request');
    },
  );

  it('when it has no public address, then no other host name is accepted', () => {
    expect(own.map((host) => isKnownHost(host, undefined))).toEqual(own.map(() => true));
    expect([...others, 'undefined'].filter((host) => isKnownHost(host, undefined))).toEqual([]);
  });
});

describe('given a service on another address', () => {
  it('when any host name is requested, then it responds: it may have many', async () => {
    expect(await ask(open, { headers: { Host: 'cutouts.example' } })).toBe('200');
  });
});

describe('given a request that a browser sends on behalf of a page', () => {
  const calls: Asked[] = [
    { method: 'POST', path: '/v1/jobs' },
    { method: 'DELETE', path: '/v1/jobs' },
    { method: 'PUT', path: '/nowhere' },
    { method: 'GET', path: '/with-effect' },
  ];
  const send = (to: BareServer, call: Asked, site: string, origin?: string): Promise<string> =>
    ask(to, {
      ...call,
      headers: { 'Sec-Fetch-Site': site, ...(origin !== undefined && { Origin: origin }) },
    });

  it.each(['cross-site', 'same-site', 'none-such'])(
    'when it is %s and has an effect, then it is refused unless its origin is allowed',
    async (site) => {
      for (const call of calls) {
        for (const origin of [undefined, 'null', SHOP, 'http://localhost:8000'])
          expect(await send(server, call, site, origin)).toBe('403 cross-site-request');
        for (const origin of [undefined, 'null', 'https://shop.example.evil'])
          expect(await send(open, call, site, origin)).toBe('403 cross-site-request');
        expect(await send(open, call, site, SHOP)).not.toMatch(/^403/);
      }
    },
  );

  it('when it only reads, then any page may send it: the browser withholds the response', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect(await send(server, { method }, 'cross-site', SHOP)).toMatch(/^20/);
  });

  it("when it comes from the service's own page, from the user, or from no browser, then it is accepted", async () => {
    for (const call of calls) {
      for (const site of ['same-origin', 'none']) expect(await send(server, call, site)).not.toMatch(/^403/);
      expect(await ask(server, call)).not.toMatch(/^403/);
    }
  });
});

describe('given a trusted proxy', () => {
  it('when one client behind it has too many open requests, then one more is rejected, others are served, and finished requests make room', async () => {
    const proxied = await startBareServer({ TRUST_PROXY: '127.0.0.1', MAX_CONNECTIONS_PER_ADDRESS: '2' });
    const from = (client: string, path: string): Promise<string> =>
      ask(proxied, { path, headers: { 'X-Forwarded-For': client } });
    const held = [from('2001:db8:1:2::1', '/hold'), from('2001:db8:1:2::2', '/hold')];
    await proxied.held(2);
    expect(await from('2001:db8:1:2::3', '/healthz')).toBe('429 too-many-open-requests');
    expect(await from('2001:db8:1:3::1', '/healthz')).toBe('200');
    expect(await from('203.0.113.9', '/healthz')).toBe('200');
    expect(await ask(proxied, {})).toBe('200');
    proxied.release();
    expect(await Promise.all(held)).toEqual(['200', '200']);
    for (let i = 0; i < 5; i += 1) expect(await from('2001:db8:1:2::3', '/healthz')).toBe('200');
    await proxied.stop();
  });
});
