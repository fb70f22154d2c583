import { join } from 'node:path';
import { SPAN_NAMES } from '#telemetry/span-fields.js';
import { ApiClient } from '../harness/api-client.js';
import { cutShort } from '../harness/bad-images.js';
import { eventually } from '../harness/eventually.js';
import { metricsOf, sumOfSamples } from '../harness/metrics-reader.js';
import { OtlpCollector, type ReceivedSpan } from '../harness/otlp-collector.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';

const CLIENT_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';
const TRACEPARENT = `00-${CLIENT_TRACE}-${CLIENT_SPAN}-01`;

const collector = new OtlpCollector();
let system: TestSystem;
let api: ApiClient;
let photo: Buffer;

jest.setTimeout(120_000);
beforeAll(async () => {
  photo = smallPhoto();
  const OTLP_URL = await collector.listen();
  system = await startLightSystem({ OTLP_URL, METRICS_PORT: '0' });
  api = new ApiClient(system.url);
});
afterAll(async () => {
  await system.stop();
  await collector.close();
});

/** The spans of the trace whose first span comes next, once all of them are there. */
async function nextTrace(names: readonly string[], act: () => Promise<void>): Promise<ReceivedSpan[]> {
  const before = new Set(collector.spans.map(({ traceId }) => traceId));
  await act();
  const own = () => collector.spans.filter(({ traceId }) => !before.has(traceId));
  await eventually(() => names.every((name) => own().some((span) => span.name === name)), 10_000);
  return own();
}

test('given an image that is delivered, when its spans are collected, then one trace covers all of its path', async () => {
  const spans = await nextTrace(SPAN_NAMES, async () => {
    expect((await api.post(photo, { headers: { Prefer: 'wait=60', traceparent: TRACEPARENT } })).status).toBe(
      200,
    );
  });
  expect(collector.faults).toEqual([]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  // A client's own trace is not gone on with unless the operator says so.
  expect(collector.text).not.toContain(CLIENT_TRACE);
  const by = new Map(spans.map((span) => [span.name, span]));
  const root = by.get('submit')!;
  expect([root.parentSpanId, root.service, root.kind]).toEqual([undefined, 'removebg-api', 2]);
  for (const name of ['queue', 'claim', 'work', 'deliver', 'purge'])
    expect([name, by.get(name)!.parentSpanId]).toEqual([name, root.spanId]);
  for (const name of ['fetch', 'decode', 'infer', 'refine', 'compose', 'encode', 'store', 'commit']) {
    expect([name, by.get(name)!.parentSpanId]).toEqual([name, by.get('work')!.spanId]);
    expect(by.get(name)!.service).toBe('removebg-worker');
  }
  for (const span of spans) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
    expect(Math.abs(Date.now() - span.startMs)).toBeLessThan(60_000);
  }
  const order = ['submit', 'claim', 'decode', 'infer', 'encode', 'commit', 'purge'];
  const starts = order.map((name) => by.get(name)!.startMs);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(by.get('work')!.attributes).toMatchObject({ 'removebg.provider': 'cpu', 'removebg.attempt': 1 });
  expect(by.get('purge')!.attributes).toMatchObject({ 'removebg.way': 'wait', 'removebg.end': 'delivered' });
});

test('given an image that fails, when its spans are collected, then the code says why and no more', async () => {
  const spans = await nextTrace(['submit', 'work'], async () => {
    const cut = cutShort(photo);
    expect((await api.post(cut, { headers: { Prefer: 'wait=60' } })).json['code']).toBe('image-truncated');
  });
  const work = spans.find(({ name }) => name === 'work')!;
  expect([work.failed, work.attributes]).toEqual([
    true,
    { 'removebg.attempt': 1, 'removebg.code': 'image-truncated' },
  ]);
});

test('given an operator who lets clients’ traces go on, when one is not to be sampled, then it is not', async () => {
  const other = await system.startApi({ TRACEPARENT: 'accept' });
  const there = new ApiClient(other.url);
  const wait = { Prefer: 'wait=60' };
  const unsampled = TRACEPARENT.replace(/01$/, '00').replaceAll('4', '5');
  expect((await there.post(photo, { headers: { ...wait, traceparent: unsampled } })).status).toBe(200);
  expect((await there.post(photo, { headers: { ...wait, traceparent: TRACEPARENT } })).status).toBe(200);
  const own = () => collector.spans.filter(({ traceId }) => traceId === CLIENT_TRACE);
  await eventually(() => own().some(({ name }) => name === 'purge'), 10_000);
  expect(own().find(({ name }) => name === 'submit')?.parentSpanId).toBe(CLIENT_SPAN);
  expect(collector.spans.some(({ traceId }) => traceId === CLIENT_TRACE.replaceAll('4', '5'))).toBe(false);
});

test('given a collector that takes nothing, when images come, then they are done and the loss is counted', async () => {
  collector.status = 503;
  expect((await api.post(photo, { headers: { Prefer: 'wait=60' } })).status).toBe(200);
  const admin = system.apis[0]!.adminUrl;
  await eventually(
    async () => sumOfSamples(await metricsOf(admin), 'removebg_spans_dropped_total') > 0,
    10_000,
  );
  collector.status = 200;
});

test('given a collector behind a socket, when a process without a network hands spans over, then they arrive', async () => {
  const behind = new OtlpCollector();
  const other = await system.startApi({ OTLP_URL: await behind.listen(join(system.folder, 'otlp.sock')) });
  const job = await new ApiClient(other.url).submit(photo);
  await eventually(() => behind.spans.some(({ name }) => name === 'submit'), 10_000);
  await api.cancel(job);
  await behind.close();
});
