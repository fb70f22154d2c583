import { readFileSync } from 'node:fs';
import { ApiClient, type JobKey } from '../harness/api-client.js';
import { cutShort } from '../harness/bad-images.js';
import { drawCanary, formOf, withCanary } from '../harness/canary-photo.js';
import { OtlpCollector } from '../harness/otlp-collector.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';

const canary = drawCanary();
const MARK = canary.fileName;

/** Everything a client can write into a request, but the user agent, which the policy names as recorded. */
const HEADERS = {
  Cookie: `a=${MARK}`,
  Referer: `http://x/${MARK}`,
  'X-Anything': MARK,
  'X-Api-Key': MARK,
  'X-Request-Id': MARK,
  Forwarded: `for=${MARK}`,
  'X-Forwarded-For': MARK,
  Prefer: `${MARK}=1`,
  'If-None-Match': `"${MARK}"`,
  'Last-Event-ID': MARK,
  'Idempotency-Key': MARK,
  traceparent: MARK,
  tracestate: `a=${MARK}`,
  baggage: `a=${MARK}`,
};
const QUERY = `?q=${MARK}&token=${MARK}&wait=${MARK}&deliver=${MARK}&format=${MARK}`;

const collector = new OtlpCollector();

let system: TestSystem;
let api: ApiClient;
let image: Buffer;

jest.setTimeout(60_000);
beforeAll(async () => {
  image = await withCanary(smallPhoto(), canary);
  // Clients' traces go on here: what is no traceparent must not come through all the same.
  const OTLP_URL = await collector.listen();
  system = await startLightSystem({ LOG_LEVEL: 'debug', METRICS_PORT: '0', TRACEPARENT: 'accept', OTLP_URL });
  api = new ApiClient(system.url);
});
afterAll(async () => {
  await system.stop();
  await collector.close();
});

/** Sends a request to every address, with marks in all that a client may choose. */
async function walk({ id, token }: JobKey, through = api): Promise<void> {
  const paths = [
    '/',
    '/privacy.html',
    '/docs',
    '/openapi.json',
    '/healthz',
    '/readyz',
    '/.well-known/retention',
  ];
  paths.push('/.well-known/jwks.json', `/${MARK}`, `/v1/${MARK}`, `/v1/jobs/${MARK}`, `/%zz${MARK}`);
  for (const job of [id, MARK]) {
    for (const part of ['', '/events', '/result', '/receipt']) paths.push(`/v1/jobs/${job}${part}`);
  }
  for (const path of paths) {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      if (method === 'DELETE' && path === `/v1/jobs/${id}`) continue;
      await through.call(method, `${path}${QUERY}`, {
        headers: { ...HEADERS, Authorization: `Bearer ${MARK}` },
      });
      if (method === 'GET' && !path.endsWith('/events') && !path.endsWith('/result')) {
        await through.call(method, path, { headers: { ...HEADERS, Authorization: `Bearer ${token}` } });
      }
    }
  }
}

/** All that operators are shown: numbers, the board in each form, and the traces. */
async function logged(): Promise<string> {
  const admin = system.apis[0]!.adminUrl;
  const paths = ['/metrics', '/metrics/own', '/board', '/board.json', '/board.txt', '/', `/${MARK}${QUERY}`];
  const pages = await Promise.all(
    paths.map(async (path) => (await fetch(`${admin}${path}`, { headers: HEADERS })).text()),
  );
  return pages.join('\n') + collector.text;
}

/** Uploads that are refused or fail, each in its own way. */
async function fail(): Promise<void> {
  const withField = formOf(image, canary);
  withField.append(MARK, canary.exif);
  await api.postForm(withField, { headers: HEADERS });
  await api.postForm(formOf(Buffer.from(canary.exif.repeat(50)), canary), { headers: HEADERS });
  await api.post(image, { query: QUERY, headers: HEADERS });
  await api.post(image, { headers: { ...HEADERS, 'Content-Type': `text/${MARK}` } });
  await api.post(image, { headers: { 'Content-Type': `multipart/form-data; boundary=${MARK}` } });
  const cut = cutShort(image);
  const answer = await api.postForm(formOf(cut, canary), { headers: { Prefer: 'wait=30' } });
  expect(answer.json['code']).toBe('image-truncated');
  await api.post(image, { signal: AbortSignal.timeout(5), headers: HEADERS }).catch(() => undefined);
}

test('given marks in everything a client can send, when every address and failure is walked, then no output holds one', async () => {
  const job = (await api.postForm(formOf(image, canary), { headers: HEADERS })).json as unknown as JobKey;
  await walk(job);
  const other = (await api.postForm(formOf(image, canary))).json as unknown as JobKey;
  let shown = await logged();
  expect((await api.result(job)).status).toBe(200);
  await api.cancel(other);
  await fail();
  await walk(job);
  // The same for people who read at a terminal.
  const inText = await system.startApi({ LOG_FORMAT: 'text', METRICS_PORT: '' });
  await walk(job, new ApiClient(inText.url));
  await eventually(() => inText.output().includes('GET /v1/jobs/:id/receipt '));
  await eventually(() =>
    collector.spans.some(({ attributes }) => attributes['removebg.code'] === 'image-truncated'),
  );
  shown += await logged();
  expect(shown).toContain('removebg_refusals_total{code="image-truncated"}');
  expect(collector.faults).toEqual([]);
  const output = system.output() + shown;
  const file = readFileSync('test/photos/astronaut.jpg').subarray(1000, 1016).toString('latin1');
  for (const secret of [MARK, canary.exif, job.id, job.token, other.id, other.token, 'Exif', file]) {
    expect(output).not.toContain(secret);
  }
  const events = new Set([...output.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event));
  expect([...events]).toEqual(expect.arrayContaining(['access', 'started', 'cutout', 'stages', 'refused']));
  expect(events.has('defect')).toBe(false);
});
