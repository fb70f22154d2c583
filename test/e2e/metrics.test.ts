import { request } from 'node:http';
import { METRIC_NAMES, METRICS, type MetricSpec } from '#telemetry/metric-catalog.js';
import { LABELS } from '#telemetry/metric-labels.js';
import { eventually } from '../harness/eventually.js';
import { metricsOf, sumOfSamples, type Exposition } from '../harness/metrics-reader.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';

const { system, api } = useSystem({ METRICS_PORT: '0' });
const photo = smallPhoto();
let admin: string;

jest.setTimeout(120_000);
beforeAll(() => {
  admin = system.apis[0]!.adminUrl;
});

/** The metrics once a worker has handed over that it did `images` so far. */
async function metricsAfter(images: number): Promise<Exposition> {
  let found = await metricsOf(admin);
  await eventually(async () => {
    found = await metricsOf(admin);
    return sumOfSamples(found, 'removebg_images_total', { work: 'done' }) >= images;
  }, 10_000);
  return found;
}

describe('metrics', () => {
  it('given a running service, when metrics are asked for, then each of the catalogue is there, with its labels and no other', async () => {
    await eventually(async () => (await metricsOf(admin)).types.size === METRIC_NAMES.length, 10_000);
    const { samples, types, helps } = await metricsOf(admin);
    expect([...types.keys()]).toEqual(METRIC_NAMES);
    for (const name of METRIC_NAMES) {
      const { type, help, labels, homes }: MetricSpec = METRICS[name];
      expect([types.get(name), helps.get(name)]).toEqual([type, help]);
      const own = samples.filter(
        (sample) => sample.name.replace(/_(bucket|sum|count)$/, '') === name || sample.name === name,
      );
      for (const { labels: pairs } of own) {
        const { worker, le, ...rest } = pairs;
        expect(Object.keys(rest)).toEqual(labels);
        for (const label of labels) expect(LABELS[label]).toContain(rest[label]);
        expect(worker === undefined || (homes.includes('worker') && /^[0-9a-f]{12}$/.test(worker))).toBe(
          true,
        );
        expect(le === undefined || type === 'histogram').toBe(true);
      }
      if (type === 'histogram') {
        const infinite = own.filter(({ labels: { le } }) => le === '+Inf').map(({ value }) => value);
        expect(own.filter((sample) => sample.name === `${name}_count`).map(({ value }) => value)).toEqual(
          infinite,
        );
      }
    }
  });

  it('given images that come and go in each way, when they are counted, then the sums agree', async () => {
    const before = await metricsOf(admin);
    expect((await api.post(photo, { headers: { Prefer: 'wait=60' } })).status).toBe(200);
    const polled = await api.submit(photo);
    expect((await api.result(polled)).status).toBe(200);
    const events = await api.postForEvents(photo);
    await events.received('purged', 60_000);
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(photo)]));
    expect((await api.call('POST', '/api/remove-bg', { body: form })).status).toBe(200);
    expect((await api.post('no image')).status).toBe(415);

    const after = await metricsAfter(4);
    const grown = (name: string, labels: Record<string, string> = {}) =>
      sumOfSamples(after, name, labels) - sumOfSamples(before, name, labels);
    for (const way of ['wait', 'poll', 'inline', 'compat'])
      expect([way, grown('removebg_deliveries_total', { way, delivery: 'delivered' })]).toEqual([way, 1]);
    expect(grown('removebg_images_accepted_total', { tier: 'anonymous' })).toBe(4);
    expect(grown('removebg_accepted_bytes_total')).toBe(4 * photo.length);
    expect(grown('removebg_refusals_total', { code: 'image-type-unsupported' })).toBe(1);
    expect(grown('removebg_time_to_delete_seconds_count', { end: 'delivered' })).toBe(4);
    expect(grown('removebg_queue_wait_seconds_count')).toBe(4);
    expect(grown('removebg_turnaround_seconds_count')).toBe(4);
    for (const stage of LABELS.stage) expect(grown('removebg_stage_seconds_count', { stage })).toBe(4);
    expect(grown('removebg_http_requests_total', { call: 'submit', status: '2xx' })).toBe(3);
    expect(sumOfSamples(after, 'removebg_jobs_in_flight')).toBe(0);
    expect(sumOfSamples(after, 'removebg_workers_live')).toBe(1);
    expect(sumOfSamples(after, 'removebg_worker_slots', { provider: 'cpu' })).toBe(1);
    expect(sumOfSamples(after, 'removebg_resident_bytes', { process: 'engine' })).toBeGreaterThan(100e6);
  });

  it('given clients that wait, when they come and go, then the gauge follows them', async () => {
    const cancelled = async () =>
      sumOfSamples(await metricsOf(admin), 'removebg_time_to_delete_seconds_count', { end: 'cancelled' });
    const before = await cancelled();
    const job = await api.submit(photo);
    const events = await api.events(job);
    await eventually(
      async () => sumOfSamples(await metricsOf(admin), 'removebg_waiters', { waiter: 'events' }) === 1,
    );
    await api.cancel(job);
    await events.ended();
    await eventually(async () => sumOfSamples(await metricsOf(admin), 'removebg_waiters') === 0);
    expect((await cancelled()) - before).toBe(1);
  });
});

describe('the admin port', () => {
  const asked = (headers: Record<string, string>, path = '/metrics', method = 'GET'): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${admin}${path}`, { headers, method }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
        .on('error', reject)
        .end();
    });

  it('given a page whose own name resolves to this host, when it sends a request under that name, then it is rejected', async () => {
    expect(await asked({ Host: 'board.example.org' })).toBe(421);
    expect(await asked({ Host: 'localhost:9464' })).toBe(200);
    expect(await asked({ Host: '[::1]:9464' })).toBe(200);
  });

  it('given a request that is no GET, or for an unknown path, when it comes, then it is rejected', async () => {
    expect(await asked({}, '/metrics', 'POST')).toBe(405);
    expect(await asked({}, '/metrics?x=1')).toBe(404);
    expect(await asked({}, '/v1/jobs')).toBe(404);
  });

  it('given the port for clients, when operators’ addresses are asked for there, then there is nothing', async () => {
    for (const path of ['/metrics', '/board', '/board.json'])
      expect((await api.call('GET', path)).status).toBe(404);
  });
});
