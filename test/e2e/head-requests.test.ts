import { bearer, type JobKey } from '../harness/api-client.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';

/** What can be read once, or makes the service work, or never ends: HEAD is refused there. */
const WITHOUT_HEAD = [
  '/api/remove',
  '/v1/batches/{id}/archive',
  '/v1/batches/{id}/events',
  '/v1/batches/{id}/results',
  '/v1/jobs/{id}/events',
  '/v1/jobs/{id}/result',
];
/** Addresses of the page and of the document. */
const PAGES = [
  ...['/', '/docs', '/docs/', '/openapi.json', '/privacy', '/bn/privacy', '/favicon.ico', '/security'],
  ...['/problems/', '/problems/missing-image', '/.well-known/security.txt', '/security.txt'],
];
/** Headers that may differ from one answer to the next. */
const CHANGING = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

const { system, api } = useSystem({}, 0);
let paths: string[];
let job: JobKey;

jest.setTimeout(60_000);
beforeAll(async () => {
  const document = (await api.call('GET', '/openapi.json')).json as {
    paths: Record<string, Record<string, unknown>>;
  };
  paths = Object.keys(document.paths).filter((path) => 'get' in document.paths[path]!);
  job = (await api.post(smallPhoto())).json as unknown as JobKey;
});

/** The length of nothing may be left out (RFC 9110, 8.6). */
const headersOf = (headers: Headers): [string, string][] =>
  [...headers].filter(
    ([name, value]) => !CHANGING.has(name) && !(name === 'content-length' && value === '0'),
  );
const ask = (method: string, path: string): Promise<Response> =>
  fetch(`${system.url}${path.replace('{id}', job.id)}`, {
    method,
    headers: bearer(job),
    redirect: 'manual',
  });

test('given each address that can be read again, when HEAD is asked of it, then it answers like GET, without a body', async () => {
  const repeatable = [...paths.filter((path) => !WITHOUT_HEAD.includes(path)), ...PAGES];
  expect(repeatable).toEqual(
    expect.arrayContaining(['/healthz', '/readyz', '/v1/models', '/v1/account', '/v1/jobs/{id}']),
  );
  for (const path of repeatable) {
    const [get, head] = [await ask('GET', path), await ask('HEAD', path)];
    expect([path, head.status, headersOf(head.headers)]).toEqual([path, get.status, headersOf(get.headers)]);
    expect([path, (await head.arrayBuffer()).byteLength]).toEqual([path, 0]);
    await get.arrayBuffer();
    const options = await ask('OPTIONS', path);
    expect([path, options.headers.get('allow')]).toEqual([path, expect.stringMatching(/\bHEAD\b/)]);
  }
});

test('given each address that cannot, when HEAD is asked of it, then it is refused with the methods that there are', async () => {
  expect(WITHOUT_HEAD.filter((path) => !paths.includes(path))).toEqual([]);
  for (const path of WITHOUT_HEAD) {
    const head = await ask('HEAD', path);
    expect([path, head.status]).toEqual([path, 405]);
    expect([path, head.headers.get('allow')]).toEqual([path, expect.stringMatching(/^((?!HEAD).)*GET/)]);
  }
});
