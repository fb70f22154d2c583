import { HEADERS } from '../../apps/api/src/openapi/headers.js';
import { startBareServer, type BareServer } from './bare-server.js';

const OURS = 'https://shop.example';

let open: BareServer;
let shut: BareServer;

beforeAll(async () => {
  open = await startBareServer({ CORS_ORIGINS: `${OURS},http://localhost:8080` });
  shut = await startBareServer();
});
afterAll(() => Promise.all([open.stop(), shut.stop()]));

const ask = (server: BareServer, origin: string, preflight: boolean): Promise<Response> =>
  fetch(`${server.url}/v1/jobs`, {
    method: preflight ? 'OPTIONS' : 'POST',
    headers: { Origin: origin, ...(preflight && { 'Access-Control-Request-Method': 'POST' }) },
  });

const openedTo = ({ headers }: Response): string | null => headers.get('access-control-allow-origin');

test('given no list of origins, when any page sends a request, then it gets no CORS headers', async () => {
  for (const preflight of [true, false]) {
    const answer = await ask(shut, OURS, preflight);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  }
});

test('given a list of origins, when a page of one of them sends a request, then it is allowed, and caches vary by origin', async () => {
  for (const preflight of [true, false]) {
    const answer = await ask(open, OURS, preflight);
    expect([openedTo(answer), answer.headers.get('vary')]).toEqual([OURS, 'Origin']);
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  }
  const preflight = await ask(open, OURS, true);
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('X-Api-Key');
});

test('given a response to a page of an allowed origin, then the page may read each documented header', async () => {
  const answer = await ask(open, OURS, false);
  const exposed = answer.headers.get('access-control-expose-headers')?.split(', ') ?? [];
  expect(exposed.sort()).toEqual(Object.keys(HEADERS).sort());
});

test('given a list of origins, when OPTIONS is not a preflight, then it lists the methods of the route', async () => {
  for (const headers of [{}, { Origin: OURS }]) {
    const answer = await fetch(`${open.url}/healthz`, { method: 'OPTIONS', headers });
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
  }
  expect((await fetch(`${open.url}/nowhere`, { method: 'OPTIONS' })).status).toBe(404);
});

test('given a list of origins, when a page of a similar origin sends a request, then it gets no CORS headers', async () => {
  const others = [
    'https://shop.example.evil',
    'https://evil-shop.example',
    'http://shop.example',
    'https://shop.example:444',
    'https://SHOP.example',
    'null',
    '*',
  ];
  for (const origin of others) {
    for (const preflight of [true, false]) {
      const answer = await ask(open, origin, preflight);
      expect([origin, openedTo(answer), answer.headers.get('vary')]).toEqual([origin, null, 'Origin']);
    }
  }
});
