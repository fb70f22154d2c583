import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';

/** Client address, time, user agent, method, route template, status, bytes in and out, duration: no more. */
const ALLOWED = [
  'agent',
  'client',
  'durationMs',
  'event',
  'level',
  'method',
  'requestBytes',
  'responseBytes',
  'route',
  'status',
  'time',
];

/** Compatible routes with a form. */
const FORM_PATHS = [
  ...['/v1.0/removebg', '/v1/segment', '/v1/remove-background', '/api/remove-background'],
  ...['/api/remove-bg', '/api/remove'],
];

const { system, api } = useSystem({}, 0);

const lines = (): Record<string, unknown>[] =>
  system
    .output()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === 'access');

test('given requests of all kinds, when they have been answered, then the log says no more than allowed', async () => {
  const image = smallPhoto();
  const job = await api.submit(image, { query: '?format=webp', headers: { 'User-Agent': 'a test' } });
  await api.status(job);
  await api.result(job, { query: '?wait=0' });
  const events = await api.events(job, { query: `?token=${job.token}` });
  await api.cancel(job);
  await events.ended();
  await api.post('no image', { headers: { Referer: 'https://example.org/secret-page' } });
  await api.call('GET', '/nowhere/secret-path?secret-query=1');
  await api.call('GET', '/api/remove?url=https://example.org/secret.jpg');
  for (const path of FORM_PATHS) {
    const form = new FormData();
    form.append('secret-field', new Blob([new Uint8Array(image)]), 'secret-name.jpg');
    await api.call('POST', `${path}?secret-query=1`, { body: form });
  }
  await eventually(() => lines().length >= 14);

  for (const line of lines()) expect(Object.keys(line).sort()).toEqual(ALLOWED);
  const logged = lines().map((line) =>
    ['method', 'route', 'status'].map((field) => String(line[field])).join(' '),
  );
  expect(logged.sort()).toEqual([
    'DELETE /v1/jobs/:id 204',
    'GET /api/remove 400',
    'GET /v1/jobs/:id 200',
    'GET /v1/jobs/:id/events 200',
    'GET /v1/jobs/:id/result 202',
    'GET none 404',
    'POST /api/remove 400',
    'POST /api/remove-background 422',
    'POST /api/remove-bg 400',
    'POST /v1.0/removebg 400',
    'POST /v1/jobs 202',
    'POST /v1/jobs 415',
    'POST /v1/remove-background 400',
    'POST /v1/segment 400',
  ]);
  const [posted] = lines();
  expect(posted).toMatchObject({ client: '127.0.0.1', agent: 'a test' });
  expect(posted?.['requestBytes']).toBeGreaterThanOrEqual(image.length);
  expect(posted?.['responseBytes']).toBeGreaterThan(100);
  for (const text of [job.id, job.token, 'secret', 'webp', 'wait=', 'example.org']) {
    expect(system.output()).not.toContain(text);
  }
});
