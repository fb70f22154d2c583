import { startBareServer, type BareServer } from './bare.server.js';

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

test('given no list of origins, when any page asks, then nothing is opened to it', async () => {
  for (const preflight of [true, false]) {
    const answer = await ask(shut, OURS, preflight);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  }
});

test('given a list of origins, when a page of one of them asks, then it may, and caches keep it apart', async () => {
  for (const preflight of [true, false]) {
    const answer = await ask(open, OURS, preflight);
    expect([openedTo(answer), answer.headers.get('vary')]).toEqual([OURS, 'Origin']);
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  }
  const preflight = await ask(open, OURS, true);
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('X-Api-Key');
});

test('given a list of origins, when a page of another one asks, however alike, then nothing is opened to it', async () => {
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
