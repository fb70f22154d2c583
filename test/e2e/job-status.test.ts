import type { JobAccepted } from '#contracts/job-view.js';
import { pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useSystem({}, 0);
let job: JobAccepted;

beforeEach(async () => {
  job = await api.submit(smallPhoto());
});
afterEach(async () => {
  await api.cancel(job);
  await nothingRemains(system);
});

test('given a job in the queue, when its status is read, then it has state, position, links and times', async () => {
  const answer = await api.status(job);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('etag')).toBe(`"${String(answer.json['version'])}"`);
  expect(answer.json).toMatchObject({ id: job.id, status: 'queued', queue_position: 1, links: job.links });
  expect(Date.parse(String(answer.json['expires_at']))).toBeGreaterThan(Date.now());
});

test('given a status already known, when it is asked for again, then the answer is 304', async () => {
  const etag = (await api.status(job)).headers.get('etag') ?? '';
  const again = await api.status(job, { headers: { 'If-None-Match': etag } });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  const waited = await api.status(job, { query: '?wait=1', headers: { 'If-None-Match': etag } });
  expect(waited.status).toBe(304);
  const other = await api.status(job, { headers: { 'If-None-Match': '"999"' } });
  expect(other.status).toBe(200);
});

test('given a long-poll, when the job changes, then it answers at once with the new state', async () => {
  const etag = (await api.status(job)).headers.get('etag') ?? '';
  const began = Date.now();
  const waiting = [
    api.status(job, { query: '?wait=20', headers: { 'If-None-Match': etag } }),
    api.status(job, { query: '?wait=20' }),
  ];
  await pause(300);
  await api.cancel(job);
  for (const answer of await Promise.all(waiting)) {
    expect(answer.json['status']).toBe('cancelled');
    expect(answer.headers.get('etag')).not.toBe(etag);
  }
  expect(Date.now() - began).toBeLessThan(10_000);
});

test('given a job that waits, when its result is asked for, then the answer is 202 and says when to ask again', async () => {
  for (const query of ['', '?wait=1']) {
    const answer = await api.result(job, { query });
    expect(answer.status).toBe(202);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.json).toMatchObject({ id: job.id, status: 'queued' });
  }
});

test('given a wait that is no number, when it is asked for, then the parameter is named and not its value', async () => {
  for (const query of ['?wait=soon', '?wait=-1', '?wait=1.5', '?wait=1&wait=2']) {
    const answer = await api.status(job, { query });
    expect([answer.status, answer.json['code'], answer.json['parameter']]).toEqual([
      400,
      'invalid-parameter',
      'wait',
    ]);
    expect(String(answer.body)).not.toContain('soon');
  }
});

test('given a job that has ended, when it is asked for with the ETag it gave, then it never says 304, and slows down', async () => {
  await api.cancel(job);
  let etag = '';
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    const answer = await api.status(job, { query: '?wait=30', headers: { 'If-None-Match': etag } });
    took.push(performance.now() - began);
    expect([answer.status, answer.json['status'], answer.json['done']]).toEqual([200, 'cancelled', true]);
    expect([answer.headers.get('cache-control'), answer.headers.get('retry-after')]).toEqual([
      'no-store',
      '60',
    ]);
    expect(answer.headers.get('etag')).not.toBe(etag);
    etag = answer.headers.get('etag') ?? '';
  }
  // Those that are held: a timer never fires early, and how late it fires does not matter.
  for (const ms of took.slice(3)) expect(ms).toBeGreaterThan(950);
});
